package auditseal.test;

import java.util.Map;
import org.elasticsearch.ingest.DropProcessor;
import org.elasticsearch.ingest.Processor;
import org.elasticsearch.plugins.IngestPlugin;
import org.elasticsearch.plugins.Plugin;

/** The server's own drop processor under its own name: the module ingest-common, which Maven Central lacks, does no more. */
public class DropOnly extends Plugin implements IngestPlugin {
  @Override
  public Map<String, Processor.Factory> getProcessors(Processor.Parameters parameters) {
    return Map.of(DropProcessor.TYPE, new DropProcessor.Factory());
  }
}
