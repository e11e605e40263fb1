/** How many of something run for each key. Nothing is kept of a key for which none does. */
export interface RunningCounts {
  of(key: string): number
  /** One more; answers what ends it, which is called once. */
  begin(key: string): () => void
}

export function createRunningCounts(): RunningCounts {
  const counts = new Map<string, number>()
  const of = (key: string) => counts.get(key) ?? 0
  return {
    of,
    begin(key) {
      counts.set(key, of(key) + 1)
      return () => {
        const left = of(key) - 1
        if (left > 0) counts.set(key, left)
        else counts.delete(key)
      }
    },
  }
}
