import type { Rule } from './rules.ts'

/** What users of other systems ask for, and what went wrong in them. */
export const fieldLessons: readonly Rule[] = [
  {
    says: 'Keys and private tokens are credentials of the same users, made, listed, rotated and revoked by themselves',
    proven: {
      'apis/native/journey.test.ts': [
        'every kind of credential opens the guarded route, says its kind, and is dead once revoked',
      ],
    },
  },
  {
    says: 'No hidden quota on a key',
    proven: {
      'security/promises.test.ts': [
        'the list of keys says what their limits are: none, and no check of a key is counted',
      ],
    },
  },
  {
    says: 'Too many is 429 with Retry-After; 401 is for bad credentials, each with a code of its own',
    proven: {
      'apis/pipeline.test.ts': [
        'limits: 429 with Retry-After and RateLimit headers, on every door that checks a password',
      ],
      'core/guard.test.ts': ['refusals say which kind failed and why'],
    },
  },
  {
    says: 'A check asks the database for nothing when it is known, and never writes',
    proven: {
      'core/guard-kinds.test.ts': [
        'is checked without a query and without a write once it is known',
        'is checked without a write when it is not known yet',
      ],
      'core/keys.test.ts': ['is written in a batch, never moves back, and the first use ever is audited once'],
    },
  },
  {
    says: 'A credential does not outlive the ban, the deletion or the demotion of its owner',
    proven: {
      'core/guard-kinds.test.ts': [
        'is refused by the very next check after its owner was …',
        'is refused after its owner was deleted',
        'loses what its owner loses, by the very next check',
      ],
      'security/matrix.test.ts': ['dead: revoked, or the owner disabled or deleted'],
    },
  },
  {
    says: 'Rotation has a grace, 0 means now, and grace moves no end',
    proven: {
      'core/keys.test.ts': [
        'the successor keeps name, scopes, addresses and end; the old key lives through the grace and no longer',
        'without grace the old key is dead at once, also for a clock that is set back',
        'the grace never moves the old end',
      ],
      'core/tokens.test.ts': [
        'the successor keeps name, scopes and end; the old one lives through the grace and no longer',
        'without grace the old one is dead at once',
      ],
    },
  },
  {
    says: 'Revoked here is refused here at once, and elsewhere within a bound',
    proven: {
      'core/guard-kinds.test.ts': [
        'is refused by the very next check after it was revoked',
        'is refused on another node as soon as that has read the feed',
      ],
      'core/cardea.test.ts': ['with the feed running another process hears of a revocation within a second'],
      'core/change-feed.test.ts': ['a connection that never answers makes the feed stale after the time-out'],
    },
  },
  {
    says: 'Refreshing twice by mistake logs nobody out; a stolen token that is used late does',
    proven: {
      'core/session-refresh.test.ts': [
        '50 side by side with one refresh token all get the same successor',
        'a reused refresh token ends its session although the answer is an error',
        'a forged refresh token ends nothing, whatever generation it claims',
      ],
    },
  },
  {
    says: 'A change of the secret kills nothing as long as the old one is named, and a wrong one stops the start',
    proven: {
      'core/signing-keys.test.ts': [
        'the core does not start with a secret that its keys cannot be read with, and says what to do',
        'after re-wrapping the former secret is not needed any more, and old tokens are still good',
      ],
      'core/keys.test.ts': [
        'keys live through its change as long as the former one is named, and are refused cleanly when it is not',
      ],
      'core/session-refresh.test.ts': [
        'sessions live through a change of the secret as long as the former one is named',
      ],
    },
  },
  {
    says: 'One Authorization header, many kinds: the form tells the kind, two different ones are refused',
    proven: {
      'core/guard.test.ts': [
        'two different explicit ones are refused, although each is good',
        'an explicit one beats a cookie, and a bad explicit one is not made good by a cookie',
      ],
      'security/matrix.test.ts': [
        'two different credentials in one request are refused',
        'wrong kind: a good credential of a kind that the route does not take is refused by name',
      ],
      'apis/pipeline.test.ts': ['a repeated Authorization header is refused, whichever of them is good'],
    },
  },
  {
    says: 'The OpenAPI document says what is',
    proven: {
      'apis/native/openapi.test.ts': [
        'the document is valid OpenAPI 3.1',
        'every route that is not hidden is in the document, and nothing else',
      ],
    },
  },
  {
    says: 'TOTP for everybody: each code once, tries capped, recovery codes, reset by an administrator on record',
    proven: {
      'core/mfa.test.ts': [
        'a recovery code is good once, however it is typed, and the user is told',
        'removing the factor removes its codes; nobody does it to users beyond their own rights',
      ],
      'core/users-admin.test.ts': ['every act is audited with who did it, and the command line as itself'],
    },
  },
  {
    says: 'Hashing is no lever for denial of service',
    proven: {
      'crypto/password.test.ts': [
        'over 1024 bytes nothing is hashed: a huge password costs nothing and takes no place in the pool',
        'of 50 hashes at once those beyond pool and queue are refused as busy, the others succeed',
        'a stored text that asks for more than the caps is never computed',
      ],
      'apis/pipeline.test.ts': ['a password far longer than any costs no hash'],
    },
  },
  {
    says: 'No field of a body sets who acts, a state or what only the server may set',
    proven: { 'security/promises.test.ts': ['no field of a body makes anybody more than they are'] },
  },
  {
    says: 'Every route is tried by every kind of hostile caller, and who is not let in learns nothing of what is there',
    proven: {
      'security/matrix.test.ts': [
        'nobody: every guarded route asks for a credential and says how',
        'garbage: a credential that was tried and is none never passes as anonymous',
        'missing scope: a credential without the scope is told which one, before anything is parsed or looked up',
        'somebody else: ids of others are as unknown as ids of nobody',
        'expired: when its time is over a credential is refused, at every route',
        'no second factor where the role must have one: nothing but enrolling is allowed',
        'after all of that nothing has changed: what was good is good, and who was attacked is as before',
      ],
    },
  },
  {
    says: 'What is good once is good once, also for fifty at the same moment',
    proven: {
      'core/one-time.test.ts': ['of 50 who use a token side by side exactly one gets it'],
      'store/one-time.test.ts': ['of 50 who consume one token side by side exactly one gets it'],
      'store/factors.test.ts': [
        'of 50 who use one step side by side exactly one may, and each user has his own',
        'of 50 who use one recovery code side by side exactly one may',
      ],
      'core/sign-in.test.ts': [
        'a ticket gives 50 codes side by side no more than its five looks, and one right code one sign-in',
      ],
    },
  },
  {
    says: 'Revocation survives a restart',
    proven: { 'core/cardea.test.ts': ['revocation survives a restart'] },
  },
  {
    says: 'Tries are counted at every door, on the canonical user, also when the request fails; IPv6 by /64',
    proven: {
      'core/limits.test.ts': [
        'all addresses of one IPv6 /64 share one counter, an IPv4 address and its mapped form too',
        'a user has one counter whatever they are called by, and a refusal tells only of the name that was typed',
      ],
      'store/limits.test.ts': [
        'what was counted stays counted when the transaction around it is rolled back',
        'counters survive a restart',
      ],
      'http/trust.test.ts': ['X-Forwarded-For is believed only from configured proxies, and only as far as they reach'],
    },
  },
  {
    says: 'Links lead to the configured address, never to what the request claims',
    proven: {
      'core/mails.test.ts': ['the mail for … links to our own page, with the token in the fragment only'],
      'security/promises.test.ts': [
        'links in mails lead to the public address, whatever the request called this server',
      ],
    },
  },
  {
    says: 'A verdict is remembered for the whole credential: no other spelling of it is good',
    proven: {
      'core/guard-kinds.test.ts': [
        'is refused with every one of its characters changed, cut or added, also while it is known',
      ],
      'core/verdict-cache.test.ts': ['the way in is part of the key, and no two pairs of way and credential share one'],
      'security/jwt-content.test.ts': [
        'a token that was cut anywhere, or in which any one bit is another, is refused',
        'blanks, padding, the other alphabet and loose bits make no second spelling of a good token',
      ],
    },
  },
  {
    says: 'What cannot be read is a clean refusal: it throws nothing and is not anonymous',
    proven: {
      'http/credentials.test.ts': [
        'whatever the headers hold, reading them never throws and never loses a tried credential',
      ],
      'security/fuzz.test.ts': [
        'mutated headers, cookies and queries: no 5xx, nothing thrown, nothing logged, memory flat',
        'a Host that reads like one but makes no address is a clean 4xx, and is not logged as a failure of ours',
      ],
    },
  },
  {
    says: 'The algorithm is that of the key; no key comes along with a token; lenient readings are refused',
    proven: {
      'security/jwt.test.ts': [
        'no algorithm but that of the key is accepted: none, and every other one',
        'the public key in any form is no HMAC secret',
        'a kid is a name and nothing else: no path, no SQL, no address, no member of an object',
        'a token brings no key along and no header that changes what the rest means',
      ],
      'security/jwt-content.test.ts': [
        'a claim said twice, a payload that is no object and a header that is none are refused',
        'times that are no times, zero, negative, huge or over are refused',
        'an encrypted token, a token in a token and the JSON forms of a signature are refused',
        'a token of 1 MiB is refused before it is read, by the listener and by the app',
      ],
      'security/vectors.test.ts': [
        'no token that RFC 7515, RFC 7519 or RFC 8037 prints is one of ours, under any of our keys and at its own time',
      ],
    },
  },
  {
    says: 'No secret is found in a log, an error, a metric, an address or a column',
    proven: {
      'security/secrets.test.ts': ['no secret of a whole run is in a log line, an error, a metric, a column or a file'],
    },
  },
  {
    says: 'A failure never answers success',
    proven: {
      'core/sessions.test.ts': ['a sign-out that cannot be written is an error and the session stays'],
      'server/mailer.test.ts': [
        'an outbox that cannot be written is an error, never success',
        'a mail that SMTP refuses is an error that repeats nothing of the answer',
      ],
    },
  },
]
