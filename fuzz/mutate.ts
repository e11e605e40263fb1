import type { Random } from './random.ts'

/** Texts that parsers stumble over; each character is one byte on the wire. */
const stumbling: readonly string[] = [
  '',
  ' ',
  '\t',
  '=',
  '==',
  ',',
  ';',
  ':',
  '.',
  '..',
  '"',
  "'",
  '\\',
  '/',
  '%',
  '%00',
  '%2e%2e%2f',
  '%ff',
  '%u0000',
  '\u007f',
  '\u00ff',
  '\u00c3\u00a4',
  '\u00ed\u00a0\u0080',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e999',
  '__proto__',
  'constructor',
  '{}',
  '[]',
  '{"alg":"none"}',
  'eyJhbGciOiJub25lIn0',
  'Bearer ',
  'Basic ',
  'ApiKey ',
  'Basic Og==',
  'Basic =',
  'Bearer ..',
  'Digest username="a"',
  'cardea=',
  '__Host-cardea=',
  'cardea_',
  "' or 1=1--",
  '../../etc/passwd',
  '\u0000',
  '\r\n',
  '\n',
]

type Mutation = (text: string, random: Random, others: readonly string[]) => string

const at = (text: string, random: Random): number => random.below(text.length + 1)
const put = (text: string, place: number, more: string): string => text.slice(0, place) + more + text.slice(place)

const mutations: readonly Mutation[] = [
  // one bit
  (text, random) => {
    if (text === '') return '\u0001'
    const place = random.below(text.length)
    const changed = (text.charCodeAt(place) ^ (1 << random.below(8))) & 0xff
    return text.slice(0, place) + String.fromCharCode(changed) + text.slice(place + 1)
  },
  // one character, any byte
  (text, random) => {
    const place = at(text, random)
    return text.slice(0, place) + String.fromCharCode(random.below(256)) + text.slice(place + 1)
  },
  (text, random) => put(text, at(text, random), random.pick(stumbling)),
  (text, random) => put(text, at(text, random), String.fromCharCode(random.below(256))),
  // a cut from the end, the beginning, the middle
  (text, random) => text.slice(0, at(text, random)),
  (text, random) => text.slice(at(text, random)),
  (text, random) => {
    const from = at(text, random)
    return text.slice(0, from) + text.slice(from + random.below(8) + 1)
  },
  // twice
  (text, random) => put(text, at(text, random), text.slice(at(text, random), at(text, random))),
  (text, random) => text.repeat(2 + random.below(4)),
  (text, random) => text + random.pick([',', ', ', ';', '; ', '.', ' ']) + text,
  // half of one and half of another
  (text, random, others) => text.slice(0, at(text, random)) + random.pick(others).slice(random.below(40)),
  // parts in another order
  (text, random) => {
    const sign = random.pick(['.', ';', ':', ' ', '_', '&', '='])
    const parts = text.split(sign)
    const moved = parts.splice(random.below(parts.length), 1)
    parts.splice(random.below(parts.length + 1), 0, ...moved)
    return parts.join(sign)
  },
  (text, random) => (random.once(2) ? text.toUpperCase() : text.toLowerCase()),
  (text) => encodeURIComponent(Buffer.from(text, 'latin1').toString('latin1')),
  (text) => Buffer.from(text, 'latin1').toString('base64'),
  (text) => Buffer.from(text, 'base64').toString('latin1'),
  // huge
  (text, random) =>
    put(text, at(text, random), random.pick(['A', '.', '=', '%', 'é', '0', ';a=b']).repeat(random.below(3000))),
]

/** One to four changes, one after the other. Every character of the answer is one byte. */
export function mutate(text: string, random: Random, others: readonly string[]): string {
  let changed = text
  for (let turns = 1 + random.below(4); turns > 0; turns -= 1) changed = random.pick(mutations)(changed, random, others)
  return changed
}
