// This route is guarded in proxy.ts.
export const GET = () => Response.json({ people: [] })
