import type { Rule } from './rules.ts'

/** What the rules of security mean at the LibrePhotos and the Haut.AI door. */
export const djangoRules: readonly Rule[] = [
  {
    says: 'LibrePhotos: the first administrator needs the set-up code, and no body makes another',
    proven: {
      'apis/librephotos/sign-up.test.ts': [
        'needs the set-up code, whatever else it says, and then makes the administrator',
        'opened by the operator, the first sign-up from this machine needs no code; from another it does',
        'is no way to become more: what asks for it is passed over, signed in or not',
      ],
      'config/doors.test.ts': [
        'the first sign-up is opened on loopback only, and a cookie for other sites on https only',
      ],
    },
  },
  {
    says: 'LibrePhotos and Haut.AI: credentials carry no administration; routes for staff are lent what their user has now',
    proven: {
      'apis/librephotos/credentials.test.ts': [
        'a token got here works at the native door within its ceiling: it rules over nobody',
        'a token of the native door works here, for what it carries',
        'a private token reads what its owner may read, and does nothing to others',
        'a role that must have a second factor and has none is no staff here either',
      ],
      'apis/librephotos/people.test.ts': [
        'sets passwords and addresses and deletes, as far as the rights of whoever does it go',
        'a demotion is felt at once',
      ],
      'apis/hautai/login.test.ts': ['works at the native door within its ceiling, and theirs work here'],
    },
  },
  {
    says: 'LibrePhotos and Haut.AI: with a second factor on, the password alone is nobody',
    proven: {
      'apis/librephotos/tokens.test.ts': ['is asked for by code, without a cookie, and the right one signs in once'],
      'apis/hautai/login.test.ts': [
        'with a second factor asks for the code; one right code signs in once, also 50 times side by side',
      ],
      'apis/librephotos/password-reset.test.ts': [
        'the link sets a password once, ends sessions and keys, opens none and leaves the second factor alone',
      ],
    },
  },
  {
    says: 'LibrePhotos: a session is enough to change credentials, a program is not',
    proven: {
      'apis/librephotos/people.test.ts': [
        'of password or address is for people in a session: no private token and no Basic makes it',
        'of the password needs no old one in a session, keeps that session, ends the others and is mailed',
      ],
    },
  },
  {
    says: 'LibrePhotos: a refresh token is good where it was issued, and as long as its session',
    proven: {
      'core/session-jwt.test.ts': [
        'is good at the door that issued it only, and never where tokens are rotated',
        'dies with its session, with a change of the password, and with its user',
        'gives 50 callers side by side an access token each, and none outlives the session',
      ],
      'apis/librephotos/tokens.test.ts': [
        '50 side by side all succeed, and none outlives the session',
        'ends the session with its access tokens, clears the cookie, and may be asked for again',
      ],
    },
  },
  {
    says: 'Haut.AI: an access token lives one hour whatever is set, and private tokens make none',
    proven: {
      'core/session-jwt.test.ts': [
        'a Haut.AI session is refreshed at the native door, and its access tokens live one hour whatever is set',
      ],
      'apis/hautai/private-tokens.test.ts': [
        'and renewing one is for a person in a session: neither a private token, nor a key’s token, nor an impersonator',
        'kills it at once; those of others and of nobody are alike, and so is one that is dead',
        'of 50 side by side one gets the successor',
      ],
    },
  },
  {
    says: 'LibrePhotos: a password by Basic is not believed once it changed, nor from a foreign page',
    proven: {
      'apis/librephotos/credentials.test.ts': [
        'is not believed once the password changed',
        'is refused from a page of another site',
        'over http from another machine is said in the log once an hour, without the name; not from this one',
      ],
    },
  },
  {
    says: 'LibrePhotos: the cookie is for pictures, of this door, and needs the proof of the page',
    proven: {
      'apis/librephotos/cookie.test.ts': [
        'is set for pages of this site and of the listed ones, and where no page asked; a foreign page gets tokens alone',
        'the cookie is a credential, with the proof of which page asks or where none does',
        'it holds an access token of this door and nothing else',
        'that is not listed get no such header, also not with an error',
      ],
      'apis/librephotos/credentials.test.ts': ['cookies are no credential here, neither ours nor the native door’s'],
    },
  },
  {
    says: 'LibrePhotos: an address is a claim until it is proven, and a taken one is told to nobody',
    proven: {
      'apis/librephotos/people.test.ts': [
        'of the address is a claim until the mailed link was used, and a taken one tells nothing',
      ],
      'apis/librephotos/sign-up.test.ts': ['with a taken address tells nothing, and its owner is told'],
    },
  },
  {
    says: 'LibrePhotos and Haut.AI: guessing is limited, and the search for a server is no guess',
    proven: {
      'apis/librephotos/limits.test.ts': [
        '60 probes a minute of an app that looks for a server all get the ordinary 401, and the real sign-in after them passes',
        'a limited sign-in is the ordinary 401 at once, says how long to wait, and stops passwords only',
      ],
      'apis/hautai/login.test.ts': ['limited is 429, with how long to wait'],
    },
  },
  {
    says: 'LibrePhotos and Haut.AI: no secret stays in a log line, a refusal or a column',
    proven: {
      'security/secrets-doors.test.ts': [
        'no secret of a run at the LibrePhotos and the Haut.AI door is in a log line, a refusal or a column',
      ],
    },
  },
]
