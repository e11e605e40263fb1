import type { PhotoType } from '../core/records.ts'

/** How many bytes tell the type. */
export const headBytes = 32

const at = (offset: number, text: string) => (head: Uint8Array) =>
  Buffer.from(head.subarray(offset, offset + text.length)).toString('latin1') === text

/** First bytes of what is served. For AVIF the brand of the file; other brands of the same container are none of ours. */
const signatures: readonly (readonly [type: PhotoType, isOne: (head: Uint8Array) => boolean])[] = [
  ['image/jpeg', at(0, '\xFF\xD8\xFF')],
  ['image/png', at(0, '\x89PNG\r\n\x1A\n')],
  ['image/gif', (head) => at(0, 'GIF87a')(head) || at(0, 'GIF89a')(head)],
  ['image/webp', (head) => at(0, 'RIFF')(head) && at(8, 'WEBP')(head)],
  ['image/avif', (head) => at(4, 'ftyp')(head) && (at(8, 'avif')(head) || at(8, 'avis')(head))],
]

/** The type by the bytes alone; a file's name says nothing. Null: nothing that is served. */
export function photoTypeOf(head: Uint8Array): PhotoType | null {
  return signatures.find(([, isOne]) => isOne(head))?.[0] ?? null
}
