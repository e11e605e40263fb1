import type { Rule } from './rules.ts'

/** What holds for services behind a proxy that asks, and behind the gateway. */
export const serviceRules: readonly Rule[] = [
  {
    says: 'A proxy is believed when it is named, whole and at one with itself; all else is refused',
    proven: {
      'apis/native/verify.test.ts': ['only a proxy that is named is believed, and nothing that it does not say whole'],
      'http/original-request.test.ts': [
        'a missing, repeated or contradictory header is refused',
        'whatever the headers hold, it is read or refused, and never thrown',
      ],
    },
  },
  {
    says: 'Paths and hosts are made plain or refused, and no spelling comes under another rule',
    proven: {
      'http/request-target.test.ts': [
        'what servers read in different ways is refused, in every spelling',
        'whatever is accepted has one reading: decoding it again, or resolving it as a URL, leads to the same path',
      ],
      'http/access-rules.test.ts': [
        'no spelling reaches a path under a rule that it does not match',
        'a spelling that only some servers take for the path of another rule is refused',
      ],
      'apis/native/verify.test.ts': [
        'Envoy asks below the address with the method itself, and no dot segment leads to another address of ours',
      ],
      'server/gateway/gateway.test.ts': [
        'an address that could be read as another one is refused, and one that only resolves to the service is not found',
      ],
    },
  },
  {
    says: 'What callers say of themselves reaches no service, and no credential of ours does',
    proven: {
      'docs/behind-nginx.test.ts': ['gets what it may rely on, and only what may come'],
      'docs/behind-caddy.test.ts': ['gets what it may rely on, and only what may come'],
      'server/gateway/gateway.test.ts': [
        'the service is told who calls and what was asked; what the caller says of that is struck, in every spelling',
      ],
    },
  },
  {
    says: 'Identity tokens are for one service and a minute, and no credential here',
    proven: {
      'apis/native/verify.test.ts': [
        'the token is for the service alone: verified by the published keys, and a credential nowhere here',
        'a warm caller is answered with the same token, which is made anew before it is too short, and after a key was revoked',
      ],
    },
  },
  {
    says: 'A service behind the gateway cannot speak for the whole site',
    proven: {
      'server/gateway/gateway.test.ts': [
        'what a service must not say for the whole site is struck from its answer, and redirects lead back here',
        'a preflight is answered here, by the list of origins, and reaches no service',
      ],
      'config/access.test.ts': ['a service that is wrong stops the start and is named'],
      'apis/overlap.test.ts': ['a service whose prefix meets a route stops the start, and both are named'],
    },
  },
  {
    says: 'Who shows no credential sees the named members and cannot ask for others',
    proven: {
      'server/gateway/open-read.test.ts': [
        'a query that is not listed cannot ask what is hidden',
        'what is no JSON, is not read, or too large, is shown to nobody without a credential',
      ],
      'core/public-projection.test.ts': ['whatever a service answers, nothing but the named members leaves'],
    },
  },
  {
    says: 'Bodies flow through and are not kept, and what is under way ends with its credential',
    proven: {
      'server/gateway/bodies.test.ts': [
        'neither direction is kept in memory: a side that does not read stops the one that writes',
      ],
      'server/gateway/socket.test.ts': [
        'a WebSocket ends soon after the credential that opened it, and at once when the server stops',
      ],
    },
  },
]
