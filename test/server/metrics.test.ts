import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/server/metrics.ts'
import { createTestCore } from '../support/core.ts'

test('metrics tell names and outcomes, and no id of anybody', async (t) => {
  const { core, passwords, clock, drop } = await createTestCore()
  t.after(drop)
  const metrics = createMetrics({ core, pendingHashes: passwords.pending })
  const route = metrics.route('native', 'GET', '/auth/keys/:id')
  route.end(route.begin(), 204)
  // A second look finds the same series.
  const again = metrics.route('native', 'GET', '/auth/keys/:id')
  again.end(again.begin() - 7_000, 404)
  metrics.verdict('api-key', 'good')
  metrics.verdict('api-key', 'credential_expired')
  await core.feed.sync()
  clock.advance(1500)
  const { type, text } = await metrics.render()
  assert.match(type, /^text\/plain/)
  const expected = [
    'cardea_http_requests_total{api="native",method="GET",route="/auth/keys/:id",status="2xx"} 1',
    'cardea_http_requests_total{api="native",method="GET",route="/auth/keys/:id",status="4xx"} 1',
    'cardea_http_request_duration_seconds_bucket{api="native",route="/auth/keys/:id",le="5"} 1',
    'cardea_http_request_duration_seconds_bucket{api="native",route="/auth/keys/:id",le="10"} 2',
    'cardea_http_request_duration_seconds_bucket{api="native",route="/auth/keys/:id",le="+Inf"} 2',
    'cardea_http_request_duration_seconds_count{api="native",route="/auth/keys/:id"} 2',
    'cardea_guard_verdicts_total{kind="api-key",outcome="good"} 1',
    'cardea_guard_verdicts_total{kind="api-key",outcome="credential_expired"} 1',
    'cardea_guard_cache_entries 0',
    'cardea_password_hashes_pending 0',
    'cardea_change_feed_lag_seconds 1.5',
  ]
  for (const line of expected) assert.ok(text.split('\n').includes(line), line)
  assert.match(text, /^process_cpu_user_seconds_total /m)
  assert.doesNotMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}-/)
})
