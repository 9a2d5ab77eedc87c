import { BOUNDARY, CHECK_PROMPT, uploadOf } from '../upstream/bodies.ts'
import type { Pace, Work } from './work.ts'

const GENERATIONS = '/v1/images/generations'
const order = (more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    model: 'gpt-image-2',
    prompt: 'A paper boat floating on calm water at sunrise.',
    size: '1024x1024',
    quality: 'low',
    ...more,
  })
const STREAM = order({ stream: true, partial_images: 3 })
const UPLOAD_BYTES = 16_000_000
const MB = 1_000_000

/** Seconds and rounds of a full run, and what a quick and a short one make of them. */
function pace(seconds: number, rounds: number, warmUpSeconds: number): Work['pace'] {
  const short: Pace = { seconds: 1, rounds: 1, warmUpSeconds: 0 }
  const quick: Pace = { ...short, warmUpSeconds: Math.floor(warmUpSeconds / 2) }
  return { full: { seconds, rounds, warmUpSeconds }, quick, short }
}

/** Every work, in the order of the page. */
export const WORKS: readonly Work[] = [
  {
    id: 'a',
    title: 'Small answers',
    what: 'Answers of 0.5 KB, 32 connections, each with its next request when the last is answered (wrk).',
    upstream: () => ({ kind: 'file', characters: 300 }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'closed', connections: 32 },
    pace: pace(2, 5, 3),
    figure: 'rate',
  },
  {
    id: 'b',
    title: 'Answers of 2 MB',
    what: 'One picture of 2 MB in each answer, 16 connections (wrk).',
    upstream: () => ({ kind: 'file', characters: 2 * MB }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'closed', connections: 16, answerBytes: 2 * MB },
    pace: pace(2, 3, 2),
    figure: 'rate',
  },
  {
    id: 'c',
    title: 'Answers of 20 MB, 32 at once',
    what: 'Several large pictures in each answer, 32 connections (wrk): throughput, and above all memory.',
    upstream: () => ({ kind: 'file', characters: 20 * MB }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'closed', connections: 32, answerBytes: 20 * MB },
    pace: pace(3, 2, 2),
    compared: 2,
    figure: 'megabytesPerSecond',
  },
  {
    id: 'd1',
    title: 'Latency, 100 small answers/s',
    what: 'Requests begin at a constant rate of 100/s, whether or not earlier ones were answered; latency from the intended beginning.',
    upstream: () => ({ kind: 'file', characters: 300 }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'open', perSecond: 100 },
    pace: pace(3, 2, 1),
    figure: 'p95',
  },
  {
    id: 'd2',
    title: 'Latency, 50 answers of 300 KB/s',
    what: 'The same with 50/s and pictures of 300 KB.',
    upstream: () => ({ kind: 'file', characters: 300_000 }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'open', perSecond: 50 },
    pace: pace(3, 2, 1),
    figure: 'p95',
  },
  {
    id: 'e',
    title: 'In flight at once',
    what: '3,000 requests at once, on a connection each, to an upstream that takes 8 s: the time until all are answered, and the memory that each takes (quick: 500 of 1 s; short: 100).',
    upstream: (extent) => ({ kind: 'late', afterMs: extent === 'full' ? 8000 : 1000 }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'at once', count: { full: 3000, quick: 500, short: 100 } },
    pace: pace(0, 1, 0),
    compared: 1,
    figure: 'seconds',
  },
  {
    id: 'f1',
    title: 'Streams',
    what: '40 streams at once of 4 events of 2 MB each (wrk).',
    upstream: () => ({ kind: 'events', events: 4, characters: 2 * MB, pauseMs: 0 }),
    path: GENERATIONS,
    body: () => STREAM,
    load: { kind: 'closed', connections: 40, answerBytes: 8 * MB },
    pace: pace(2, 3, 1),
    compared: 2,
    figure: 'megabytesPerSecond',
  },
  {
    id: 'f2',
    title: 'First event',
    what: '10 streams/s with events of 300 KB: from the sending of the first event to its last byte at the client.',
    upstream: () => ({ kind: 'events', events: 2, characters: 300_000, pauseMs: 30 }),
    path: GENERATIONS,
    body: () => STREAM,
    load: { kind: 'open', perSecond: 10, isFirstEvent: true },
    pace: pace(3, 2, 1),
    figure: 'p95',
  },
  {
    id: 'g',
    title: 'Uploads of 16 MB',
    what: 'Edits with one image of 16 MB, 4 connections (wrk); the upstream reads each to its end.',
    upstream: () => ({ kind: 'uploads', imageBytes: UPLOAD_BYTES }),
    path: '/v1/images/edits',
    body: () => uploadOf(UPLOAD_BYTES, 'A paper boat'),
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    load: { kind: 'closed', connections: 4, bodyBytes: UPLOAD_BYTES },
    pace: pace(2, 3, 1),
    compared: 2,
    comparedBody: () => uploadOf(UPLOAD_BYTES, CHECK_PROMPT),
    figure: 'megabytesPerSecond',
  },
  {
    id: 'h',
    title: 'Refusals',
    what: 'Requests with a size that the model does not take, 32 connections (wrk): answered with 400, nothing is sent upstream. Only the gateway knows the rules; beside it a bare Fastify route.',
    upstream: () => ({ kind: 'file', characters: 300 }),
    path: GENERATIONS,
    body: () => order({ size: '17x17' }),
    load: { kind: 'closed', connections: 32, isRefused: true },
    pace: pace(2, 3, 3),
    figure: 'rate',
    systems: ['gateway', 'bare', 'fastify'],
  },
  {
    id: 'i',
    title: 'Answers of 2 MB from an upstream with TLS',
    what: 'As (b), with TLS to the upstream and its certificate checked.',
    upstream: () => ({ kind: 'file', characters: 2 * MB, isTls: true }),
    path: GENERATIONS,
    body: () => order(),
    load: { kind: 'closed', connections: 16, answerBytes: 2 * MB },
    pace: pace(2, 3, 2),
    figure: 'rate',
  },
]
