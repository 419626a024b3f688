import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Ending } from "../at-end.ts";
import { lacking, requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { accepts, answers, runServer, temporaryFolder } from "./server-process.ts";

const HINT = "install it with `apt-get install graphite-carbon graphite-web`";
const CARBON = requirement("carbon-cache", HINT);
const WEB = requirement("graphite-manage", HINT);
// The packages belong to Debian's own Python, whichever comes first in PATH.
const PYTHON = "/usr/bin/python3";

/** Carbon and graphite-web with one of Debian's Pythons. */
export const GRAPHITE = CARBON.path && WEB.path ? { ...CARBON, skip: false as const } : lacking("graphite-web", HINT);

export interface Graphite {
  readonly url: string;
  /** Stores a point of a series; visible a moment later. */
  write(series: string, value: number, atSeconds: number): Promise<void>;
}

/** A real Graphite on free ports. */
export async function startGraphite(test: Ending): Promise<Graphite> {
  const folder = await temporaryFolder(test);
  const [line, udp, pickle, query, web] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  await Promise.all(["etc", "whisper", "log", "storage"].map((name) => mkdir(join(folder, name))));
  await writeFile(join(folder, "etc/carbon.conf"), carbonConf(folder, { line, udp, pickle, query }));
  await writeFile(join(folder, "etc/storage-schemas.conf"), "[all]\npattern = .*\nretentions = 1s:2h,10s:1d\n");
  await writeFile(join(folder, "etc/local_settings.py"), webSettings(folder, query));
  const environment = {
    PYTHONPATH: join(folder, "etc"),
    GRAPHITE_SETTINGS_MODULE: "local_settings",
    DJANGO_SETTINGS_MODULE: "graphite.settings",
    HOME: folder,
  };
  const carbon = ["--config", join(folder, "etc/carbon.conf"), "--nodaemon", "start"];
  await runServer(test, { path: CARBON.path ?? "", args: carbon, environment, folder, ready: () => accepts(line) });

  const migrate = ["-m", "django", "migrate", "--run-syncdb", "-v0"];
  await promisify(execFile)(PYTHON, migrate, { env: { ...process.env, ...environment } });
  const args = ["-m", "django", "runserver", "--noreload", `127.0.0.1:${web}`];
  const url = `http://127.0.0.1:${web}`;
  const ready = () => answers(`${url}/render/?target=x&format=json`);
  await runServer(test, { path: PYTHON, args, environment, folder, ready, patienceSeconds: 60 });
  return { url, write: (series, value, at) => send(line, `${series} ${value} ${at}\n`) };
}

function send(port: number, text: string): Promise<void> {
  return new Promise((done, fail) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.end(text));
    socket.on("close", () => done());
    socket.on("error", fail);
  });
}

function carbonConf(folder: string, ports: { line: number; udp: number; pickle: number; query: number }): string {
  return `[cache]
STORAGE_DIR = ${folder}/storage
CONF_DIR = ${folder}/etc
LOG_DIR = ${folder}/log
PID_DIR = ${folder}
LOCAL_DATA_DIR = ${folder}/whisper
USER =
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = ${ports.line}
ENABLE_UDP_LISTENER = False
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = ${ports.udp}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = ${ports.pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = ${ports.query}
`;
}

function webSettings(folder: string, query: number): string {
  return `SECRET_KEY = "test"
LOG_DIR = "${folder}/log"
STORAGE_DIR = "${folder}/storage"
WHISPER_DIR = "${folder}/whisper"
STANDARD_DIRS = ["${folder}/whisper"]
INDEX_FILE = "${folder}/index"
CARBONLINK_HOSTS = ["127.0.0.1:${query}"]
ALLOWED_HOSTS = ["*"]
TIME_ZONE = "UTC"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "${folder}/graphite.db"}}
FIND_CACHE_DURATION = 0
DEFAULT_CACHE_DURATION = 0
`;
}
