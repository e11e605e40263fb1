import { request } from 'node:http'
import { createServer } from 'node:net'
import { compare, describe, type Side, warmUp } from '../compare.ts'
import { drive } from '../drive.ts'
import { hasNginx, startNginx } from '../nginx.ts'
import { residentMb, type Started, start } from '../processes.ts'
import { median, spread } from '../results.ts'
import type { ServerWish } from '../server.ts'
import { atLeast, type Bench, type Measure, reported } from './types.ts'

const forwardAuth = 'forward_auth.vs_bare_204'
const pipe = 'gateway.vs_bare_pipe'
const nginx = 'gateway.vs_nginx'
const growth = 'gateway.rss_growth_mb'

/** Services behind nginx that asks us, and behind us. */
export const proxiesMeasure: Measure = {
  goals: {
    [forwardAuth]: atLeast(0.6),
    [pipe]: atLeast(0.8),
    [nginx]: reported('x'),
    [growth]: reported('MiB'),
  },
  async run(bench, wanted) {
    const service = await start({ script: 'service.ts', wish: {}, core: 'load' })
    const { port } = service.ready as { port: number }
    const wish: ServerWish = {
      dataDir: bench.folder(),
      users: ['alice'],
      settings: {
        trustedProxies: ['127.0.0.1'],
        rules: [{ path: '/**' }],
        upstreams: [{ prefix: '/shop', target: `http://127.0.0.1:${port}` }],
      },
    }
    const server = await start({ script: 'server.ts', wish, core: 'server', profile: bench.profile })
    try {
      const found: Record<string, number> = {}
      if (wanted.has(forwardAuth)) Object.assign(found, await compareForwardAuth(bench, server))
      if (wanted.has(pipe) || wanted.has(nginx)) Object.assign(found, await comparePipe(bench, server, port))
      if (wanted.has(growth)) Object.assign(found, await measureGrowth(bench, server))
      return found
    } finally {
      await server.stop()
      await service.stop()
    }
  },
}

interface Ready {
  readonly url: string
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const readyOf = (server: Started): Ready => server.ready as Ready
const headersOf = (server: Started) => readyOf(server).credentials['api-key-header'] ?? {}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** The same nginx, which answers 204 itself once it was told yes, asks one and then the other. */
function asking(port: number, target: number): string {
  const headers = [
    'Connection ""',
    'Content-Length ""',
    'Host 127.0.0.1',
    'X-Original-URI $request_uri',
    'X-Original-Method $request_method',
    'X-Original-Host $host:$server_port',
    'X-Forwarded-For $remote_addr',
    'X-API-Key $http_x_api_key',
  ]
  return `upstream asked { server 127.0.0.1:${target}; keepalive 32; keepalive_requests 1000000; }
server {
  listen 127.0.0.1:${port};
  location = /.verify {
    internal;
    proxy_pass http://asked/auth/verify;
    proxy_http_version 1.1;
    proxy_pass_request_body off;
    proxy_pass_request_headers off;
    ${headers.map((header) => `proxy_set_header ${header};`).join('\n    ')}
  }
  location / {
    auth_request /.verify;
    auth_request_set $user $upstream_http_x_cardea_user;
    try_files /nothing @yes;
  }
  location @yes { return 204; }
}`
}

interface Cost {
  readonly rate: number
  readonly micros: number
}

/** Turn by turn: requests a second through the whole chain, and what one costs in processor time, nginx included. */
async function compareForwardAuth(bench: Bench, server: Started): Promise<Record<string, number>> {
  if (!hasNginx) {
    bench.note(`${forwardAuth}: left out, there is no nginx`)
    return {}
  }
  const bare = await start({ script: 'bare-204.ts', wish: {}, core: 'server' })
  const [ours, theirs] = [await freePort(), await freePort()]
  const ports = [Number(new URL(readyOf(server).url).port), (bare.ready as { port: number }).port] as const
  const one = await startNginx(asking(ours, ports[0]), `http://127.0.0.1:${ours}/`)
  const other = await startNginx(asking(theirs, ports[1]), `http://127.0.0.1:${theirs}/`)
  const round = async (port: number, proxy: typeof one, asked: Started, seconds: number) => {
    const before = proxy.cpu() + Number(await asked.ask('cpu'))
    const wish = { url: `http://127.0.0.1:${port}/things`, headers: headersOf(server), connections: 16, seconds }
    const { rate, statuses } = await drive(wish)
    const spent = proxy.cpu() + Number(await asked.ask('cpu')) - before
    return { rate, micros: (spent * 1e6) / Object.values(statuses).reduce((sum, each) => sum + each, 0) }
  }
  try {
    for (const seconds of [bench.quick ? 1 : 4]) {
      await round(ours, one, server, seconds)
      await round(theirs, other, bare, seconds)
    }
    const rounds: { readonly a: Cost; readonly b: Cost }[] = []
    for (let left = Math.max(3, Math.round(bench.seconds)); left > 0; left -= 1)
      rounds.push({ a: await round(ours, one, server, 1), b: await round(theirs, other, bare, 1) })
    const ratios = rounds.map(({ a, b }) => b.micros / a.micros)
    const of = (pick: (each: (typeof rounds)[number]) => number) => median(rounds.map(pick)).toFixed(0)
    bench.note(
      `${forwardAuth}: ${median(ratios).toFixed(2)} ± ${(100 * spread(ratios)).toFixed(0)} %; ${of(({ a }) => a.micros)} against ${of(({ b }) => b.micros)} µs of processor a request, nginx included, ${of(({ a }) => a.rate)} against ${of(({ b }) => b.rate)} requests/s`,
    )
    return { [forwardAuth]: median(ratios) }
  } finally {
    await one.stop()
    await other.stop()
    await bare.stop()
  }
}

async function comparePipe(bench: Bench, server: Started, port: number): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  const bare = await start({ script: 'pipe.ts', wish: { port }, core: 'server', profile: bench.profile })
  const headers = headersOf(server)
  const ours: Side = { process: server, url: `${readyOf(server).url}/shop/items`, headers }
  const theirs: Side = { process: bare, url: `${(bare.ready as { url: string }).url}/shop/items`, headers }
  try {
    for (const side of [ours, theirs]) await warmUp(side, bench.quick ? 1 : 8)
    const compared = await compare(ours, theirs, bench.seconds)
    bench.note(describe(pipe, compared))
    found[pipe] = compared.ratio
    if (hasNginx) Object.assign(found, await compareNginx(bench, ours, port))
    return found
  } finally {
    await bare.stop()
  }
}

/** nginx guards nothing here: what passing on costs a program in C. */
async function compareNginx(bench: Bench, ours: Side, port: number): Promise<Record<string, number>> {
  const own = await freePort()
  const proxy = await startNginx(
    `upstream service { server 127.0.0.1:${port}; keepalive 32; keepalive_requests 1000000; }
server {
  listen 127.0.0.1:${own};
  location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; }
}`,
    `http://127.0.0.1:${own}/`,
  )
  try {
    const asked: Started = { ...ours.process, ask: async () => proxy.cpu() }
    const theirs: Side = { process: asked, url: `http://127.0.0.1:${own}/shop/items`, headers: ours.headers ?? {} }
    await warmUp(theirs, 1)
    const compared = await compare(ours, theirs, bench.seconds)
    bench.note(describe(nginx, compared))
    return { [nginx]: compared.ratio }
  } finally {
    await proxy.stop()
  }
}

/** What the most of memory grows by while a gigabyte goes through each way. */
async function measureGrowth(bench: Bench, server: Started): Promise<Record<string, number>> {
  const bytes = bench.quick ? 128 * 1_048_576 : 1024 * 1_048_576
  const { url } = readyOf(server)
  const headers = headersOf(server)
  // What the first requests make anyway is no growth.
  for (let warm = 0; warm < 2; warm += 1) {
    await download(`${url}/shop/bytes/16777216`, headers)
    await upload(`${url}/shop/items`, headers, 16_777_216)
  }
  const before = residentMb(server.pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(server.pid))
  }, 50)
  const begun = performance.now()
  await download(`${url}/shop/bytes/${bytes}`, headers)
  const down = performance.now()
  await upload(`${url}/shop/items`, headers, bytes)
  const up = performance.now()
  clearInterval(timer)
  const speed = (millis: number) => (bytes / 1_048_576 / (millis / 1000)).toFixed(0)
  bench.note(
    `${growth}: ${(most - before).toFixed(0)} MiB over ${before.toFixed(0)} while ${bytes / 1_048_576} MiB went down at ${speed(down - begun)} MiB/s and up at ${speed(up - down)} MiB/s`,
  )
  return { [growth]: Math.max(0, most - before) }
}

type Sent = Readonly<Record<string, string>>

function download(url: string, headers: Sent): Promise<void> {
  return new Promise((done, fail) => {
    request(url, { headers }, (response) => {
      if (response.statusCode !== 200) fail(new Error(`${url} answered ${response.statusCode}`))
      response.resume().on('end', done).on('error', fail)
    })
      .on('error', fail)
      .end()
  })
}

function upload(url: string, headers: Sent, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(65_536, 'x')
  return new Promise((done, fail) => {
    const sent = request(url, { method: 'POST', headers: { ...headers, 'Content-Length': bytes } }, (response) => {
      if (response.statusCode !== 200) fail(new Error(`${url} answered ${response.statusCode}`))
      response.resume().on('end', done).on('error', fail)
    })
    sent.on('error', fail)
    let left = bytes
    const write = (): void => {
      while (left > 0) {
        left -= chunk.byteLength
        if (!sent.write(chunk)) {
          sent.once('drain', write)
          return
        }
      }
      sent.end()
    }
    write()
  })
}
