import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Launch } from '../machine/children.ts'

/** nginx started as root gives its rights away and could not read the files of this run. */
const isRoot = process.getuid?.() === 0

/** One worker of nginx with everything in one directory. */
export function nginxConfiguration(directory: string, http: string, server: string): Launch {
  const configuration = join(directory, 'nginx.conf')
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  writeFileSync(
    configuration,
    `${isRoot ? 'user root;' : ''} worker_processes 1; worker_rlimit_nofile 16384; daemon off;
     pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 8192; }
     http {
       access_log off; keepalive_requests 100000000; client_max_body_size 64m;
       ${places.join(' ')}
       ${http}
       server { ${server} }
     }\n`,
  )
  return { command: 'nginx', args: ['-c', configuration, '-e', join(directory, 'error.log')] }
}
