/** A reporter for `node --test` that writes the numbers of the whole run as one JSON object. */
async function* tally(events) {
  for await (const { type, data } of events) {
    // The summary without a file is that of all files.
    if (type === 'test:summary' && data.file === undefined) yield JSON.stringify(data.counts)
  }
}

// biome-ignore lint/style/noDefaultExport: node takes a reporter as the default export
export default tally
