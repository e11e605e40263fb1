/** A reporter for `node --test` that writes the numbers of the whole run, and what each file took, as one JSON object. */
async function* tally(events) {
  const files = []
  for await (const { type, data } of events) {
    if (type !== 'test:summary') continue
    // The summary without a file is that of all files.
    if (data.file === undefined) yield JSON.stringify({ ...data.counts, files })
    else files.push({ file: data.file, seconds: data.duration_ms / 1000 })
  }
}

// biome-ignore lint/style/noDefaultExport: node takes a reporter as the default export
export default tally
