import type { Rule } from './rules.ts'

/** What the rules of security mean at the doors of other contracts. */
export const doorRules: readonly Rule[] = [
  {
    says: 'Every route of every door refuses every kind of hostile caller in its own words',
    proven: {
      'security/matrix-doors.test.ts': [
        'nobody, garbage and dead credentials are refused as such',
        'a good credential of a kind that the route does not take is none',
        'two different credentials in one request are refused',
        'a key or token in the address is refused where it is bad, and nothing where the door takes none there',
        'a session of the door’s own does nothing for a page of another site, and changes nothing without its CSRF cookie',
        'a credential without a scope, and one whose owner fell, does nothing that needs more',
        'whatever body is sent, the answer is a clean 4xx, or the body was passed over',
        'after all of that nothing has changed',
      ],
    },
  },
  {
    says: 'FreeSewing: no door makes users before there is an administrator, and no body makes one',
    proven: {
      'apis/freesewing/status.test.ts': ['nobody signs up before there is an administrator'],
      'apis/freesewing/sign-in.test.ts': ['takes neither a role nor a test mode from a body'],
      'apis/freesewing/account.test.ts': ['never gives a role, a status, an id, patronage or a second factor'],
    },
  },
  {
    says: 'FreeSewing: its credentials carry no administration; its own routes for it are lent what their user has now',
    proven: {
      'apis/freesewing/conventions.test.ts': [
        'a token and a key got here work at the native door, within what this door gives',
        'tokens and keys of the native door work here, and end with what they belong to',
      ],
      'apis/freesewing/keys.test.ts': [
        'open what they open, and nothing above',
        'of roles are those of the table, whatever a token said when it was made',
        'a level that was stored is never exceeded by a token that the key gets for itself',
      ],
    },
  },
  {
    says: 'A role has one face at each door, and one that the operator adds is never more than a user',
    proven: {
      'core/faces.test.ts': [
        'every built-in role has a face of its own',
        'a role of the operator, whatever it is called, has the face of an ordinary user and never more',
      ],
    },
  },
  {
    says: 'FreeSewing: administration acts within its rights, and acting for somebody is short, told and audited',
    proven: {
      'apis/freesewing/people.test.ts': [
        'is for level 9 only',
        'takes a lost second factor off, and the last administrator stays',
        'acts in the name of a user for 15 minutes: audited, mailed, without credentials or consent, never nested',
        'takes no second factor off for a key, for its own user, or without the own factor proven',
        'makes an administrator for a person, and for no key',
      ],
      'core/impersonation.test.ts': [
        'nobody impersonates without the right, beyond their own rights, from a program, themselves or nobody',
        'who has a second factor has to have proven it',
      ],
    },
  },
  {
    says: 'A credential of another door is worth at a contract’s door what it is at its own, and no more',
    proven: {
      'apis/librephotos/visitors.test.ts': [
        'whose factors were proven too long ago changes no password, no address and nobody else',
        'a private token of the native door does nothing to others and changes no credentials',
      ],
      'apis/freesewing/visitors.test.ts': [
        'whose factors were proven too long ago takes over nothing, whoever it is of',
        'that is fresh does what its own door would let it do',
        'that is a key, a private token or a token that a key got makes, renames and deletes nothing',
        'that was narrowed administers with what it carries, and is lent nothing',
        'consent renews a token of another door for no longer and with no more than it had',
        'a session that was cut to administration is lent nothing either, and a whole key of this door is',
      ],
    },
  },
  {
    says: 'A key that is good from some addresses makes none that is good from others',
    proven: {
      'core/credential-rights.test.ts': [
        'what a key makes is good from no address that the key is not, and neither is its successor',
      ],
      'apis/freesewing/keys.test.ts': ['a key that is good from some addresses makes none that is good from others'],
    },
  },
  {
    says: 'A GET that changes something is no HEAD',
    proven: {
      'apis/freesewing/conventions.test.ts': [
        'to HEAD are those of GET, but where a GET changes something: there it is no method, and changes nothing',
      ],
    },
  },
  {
    says: 'Whoever only claimed an address is a stranger to its account',
    proven: {
      'core/users-sign-up.test.ts': [
        'whoever opened an account is a stranger to it until the address is proven; whoever proved it is not',
      ],
    },
  },
  {
    says: 'Who has an account shows neither in an answer, nor in its time, nor in that of the next one',
    proven: {
      'core/background.test.ts': [
        'work begins after a wait that is asked for each time anew, and never within the request',
      ],
      'index.test.ts': [
        'what an answer leaves behind begins at a random time, so that the next answer does not tell of it',
      ],
    },
  },
  {
    says: 'Acting for somebody ends with the session and the credentials of whoever acts',
    proven: {
      'core/sessions.test.ts': [
        'an impersonation ends with the right of whoever opened it, their session and their password',
        'an impersonation is over when the session that it was opened from is',
      ],
    },
  },
  {
    says: 'FreeSewing: a refused change changes nothing, and no account is a mail relay',
    proven: {
      'apis/freesewing/account.test.ts': [
        'a change that names several things changes none of them when one is refused',
        'mails and hashing that an account asks for are limited by address',
      ],
    },
  },
  {
    says: 'A mailed link is good at the door that mailed it, and a new address is had by no mail alone',
    proven: {
      'core/door-links.test.ts': [
        'are good at the door that mailed them, and at no other, whatever they are for',
        'of a door that has no page for them are those of the native door',
      ],
      'core/users-email-password.test.ts': [
        'a new account without a password needs none, and a change of its address is not had by a mail alone',
      ],
    },
  },
  {
    says: 'FreeSewing: with a second factor on, neither a password nor a mailed link alone is anybody',
    proven: {
      'apis/freesewing/status.test.ts': [
        'the password alone is nobody at this door',
        'a mail that proves an address opens no session',
      ],
      'apis/freesewing/sign-in.test.ts': [
        'asks for the code of a second factor, takes it as text or number, and a scratch code once',
        'ask for the second factor and stay good until it is right',
      ],
      'core/door-links.test.ts': [
        'stay good while the second factor is missing or wrong, five times, and are used up by the right one',
      ],
    },
  },
  {
    says: 'FreeSewing: a key changes no password, address or factor, and makes no key above itself or beyond its end',
    proven: {
      'apis/freesewing/keys.test.ts': [
        'it changes neither password nor address nor second factor, but the rest of its level',
        'a key makes none above itself, none that outlives it, and below level 4 none at all',
      ],
    },
  },
  {
    says: 'FreeSewing: a second factor is enrolled in a session with a seed of the server, and codes are good once',
    proven: {
      'apis/freesewing/mfa.test.ts': [
        'a secret of the caller’s own is compared and never taken over; what is pending dies after ten minutes',
        'a scratch code and a code are good once, also when 50 send it side by side',
      ],
    },
  },
  {
    says: 'FreeSewing: a token has an audience and an end, and dies with session, password and user',
    proven: {
      'apis/freesewing/status.test.ts': [
        'lives seven days and carries the claims that clients read, on top of ours',
        'dies with its session, the password, and its user',
        'is none when a bit, a part or the algorithm is another',
      ],
      'core/door-links.test.ts': [
        'a session without a refresh ends with its token, and another token of it ends no later',
      ],
    },
  },
  {
    says: 'FreeSewing: a change of password ends other sessions, of the second factor those from before, and both are mailed',
    proven: {
      'apis/freesewing/account.test.ts': ['sets a password: it is mailed, other sessions end and this one stays'],
      'apis/freesewing/mfa.test.ts': [
        'sessions from before the second factor end, and that which enrolled it stays',
        'a second factor is begun, confirmed and left, with the answers of the contract',
      ],
    },
  },
  {
    says: 'FreeSewing: every page may ask, none with what a browser keeps, unless the operator names it',
    proven: {
      'apis/freesewing/conventions.test.ts': [
        'may all call, without credentials, and with the headers that they ask for',
        'send no key by Basic, which a browser keeps and sends by itself, unless they are named',
      ],
      'security/matrix-doors.test.ts': ['a page of another site makes nobody’s browser call with what it keeps'],
    },
  },
  {
    says: 'FreeSewing: nothing in an address is a credential, and pictures that we write escape what users chose',
    proven: {
      'apis/freesewing/conventions.test.ts': ['a credential in the address is none'],
      'apis/freesewing/account.test.ts': ['an export is an address that holds everything, and no secret'],
      'apis/freesewing/people.test.ts': ['are a picture, too, in which every value is escaped'],
    },
  },
  {
    says: 'FreeSewing: an identifier means one look-up; ids are digits and nothing else',
    proven: {
      'apis/freesewing/sign-in.test.ts': [
        'takes user name, e-mail address or id, whatever the letters and blanks around it',
      ],
      'core/door-links.test.ts': ['is found by user name, proven address and, at one door, by id'],
    },
  },
  {
    says: 'FreeSewing: only a proven address counts, and the former one can undo a change',
    proven: {
      'apis/freesewing/account.test.ts': [
        'counts when it was confirmed with id and check, once, and the old address can undo it',
        'takes no confirmation of another type or another user',
        'the mail about a change of address signs nobody in, also where there is no password',
      ],
      'apis/freesewing/sign-in.test.ts': ['answers a known address as an unknown one, and mails differently'],
    },
  },
  {
    says: 'FreeSewing: links are good once and for a short time, and opening one uses nothing up',
    proven: {
      'apis/freesewing/sign-in.test.ts': [
        'are good once, for ten minutes, and only with their check',
        'of 50 who confirm side by side one gets in',
        'a confirmation is looked at by id and check, and nothing is used up',
      ],
      'apis/freesewing/pages.test.ts': ['opening a link, however often, uses nothing up'],
    },
  },
  {
    says: 'FreeSewing: guessing is limited as at every door',
    proven: { 'apis/freesewing/sign-in.test.ts': ['is limited, and says for how long'] },
  },
  {
    says: 'FreeSewing: no secret stays in a log line, a refusal or a column',
    proven: {
      'security/secrets-doors.test.ts': [
        'no secret of a run at the FreeSewing door is in a log line, a refusal or a column',
      ],
    },
  },
  {
    says: 'FreeSewing: a deleted user is gone, and marks of addresses that others see are keyed',
    proven: {
      'apis/freesewing/account.test.ts': ['deleting takes everything along, and the last administrator cannot'],
      'core/door-links.test.ts': [
        'is marked for others by something that says nothing of the address',
        'is called after its id, and after nobody else',
      ],
    },
  },
]
