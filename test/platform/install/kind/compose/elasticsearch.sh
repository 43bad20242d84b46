#!/bin/bash
# In place of the entry point of Elastic's image. The server ends when its standard input does, and takes loopback alone.
socat TCP-LISTEN:9200,fork,reuseaddr TCP:127.0.0.1:9201 &
# shellcheck disable=SC2086 # several options
tail -f /dev/null | java $ES_JAVA_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --module-path /elasticsearch/lib --add-modules ALL-MODULE-PATH \
  /Embedded.java /elasticsearch /usr/share/elasticsearch/data 9201 keep
