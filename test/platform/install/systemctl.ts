import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Person } from './person.ts';

/**
 * `systemctl` on the person's path, in place of systemd: starts, stops and restarts these units, and starts anew what ends by itself (Restart=always).
 *
 * @param units what each runs in the foreground, as a script for sh; the log is `UNIT.log` in `folder`
 */
export async function addSystemctl(
  person: Person,
  folder: string,
  units: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, script] of Object.entries(units)) {
    const unit = `#!/bin/sh\nPATH=${person.bin}:$PATH\nwhile :; do\n${script}\nsleep 2\ndone\n`;
    await writeFile(join(folder, name), unit, { mode: 0o755 });
  }
  await person.addProgram('systemctl', systemctl(folder));
}

/** A unit is a process group of its own. Exit codes are those of systemctl(1). */
function systemctl(folder: string): string {
  return `action= name=
for word in "$@"; do
  case $word in
    -*) ;;
    *) if [ -z "$action" ]; then action=$word; else name=\${word%.service}; fi ;;
  esac
done
[ "$action" = daemon-reload ] && exit 0
unit=${folder}/$name
if [ ! -x "$unit" ]; then
  case $action in
    is-active) echo inactive; exit 3 ;;
    is-enabled) echo not-found; exit 4 ;;
  esac
  echo "Unit $name.service could not be found. Loaded: not-found (Reason: Unit $name.service not found.)"
  exit 4
fi
runs() {
  pid=$(cat "$unit.pid" 2>/dev/null) && ps -o stat= -g "$pid" | grep -qv '^Z'
}
stop() {
  runs || return 0
  kill -s TERM -- "-$pid"
  while runs; do sleep 0.1; done
}
start() {
  runs && return 0
  setsid "$unit" >>"$unit.log" 2>&1 </dev/null &
  echo $! >"$unit.pid"
}
case $action in
  start) start ;;
  stop) stop ;;
  restart) stop; start ;;
  is-active) if runs; then echo active; else echo inactive; exit 3; fi ;;
  is-enabled) echo enabled ;;
  enable) ;;
  status) echo "Loaded: loaded ($unit; enabled)"; runs || exit 3 ;;
  *) echo "systemctl $action is not known here" >&2; exit 1 ;;
esac`;
}
