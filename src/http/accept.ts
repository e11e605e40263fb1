/** RFC 9110, section 12.5.1: a media range and its weight. What cannot be read weighs nothing. */
function readRange(text: string): { readonly range: string; readonly weight: number } {
  const [range = '', ...params] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = params.find((param) => param.startsWith('q='))?.slice(2)
  const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0
  return { range, weight }
}

/** 3: named exactly, 2: by its type, 1: by everything, 0: not at all. */
function closeness(range: string, type: string): number {
  if (range === type) return 3
  if (range === `${type.split('/', 1)[0]}/*`) return 2
  return range === '*/*' ? 1 : 0
}

/**
 * Which of `offered` the caller likes best by its `Accept`; among equals the earlier one. The first one as well where
 * it likes none: an answer that can be read is better than 406.
 */
export function preferred<T extends string>(accept: string | null, offered: readonly [T, ...T[]]): T {
  const [first] = offered
  if (accept === null || accept.length > 1000) return first
  const ranges = accept.split(',').map(readRange)
  const weightOf = (type: string): number => {
    let best = { closeness: 0, weight: 0 }
    for (const { range, weight } of ranges) {
      const close = closeness(range, type)
      if (close > best.closeness) best = { closeness: close, weight }
    }
    return best.weight
  }
  let choice: { readonly type: T; readonly weight: number } = { type: first, weight: 0 }
  for (const type of offered) {
    const weight = weightOf(type)
    if (weight > choice.weight) choice = { type, weight }
  }
  return choice.type
}
