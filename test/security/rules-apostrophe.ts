import type { Rule } from './rules.ts'

/** What the rules of security mean at the ApostropheCMS door. */
export const apostropheRules: readonly Rule[] = [
  {
    says: 'ApostropheCMS: its credentials carry no administration; only administrators in a session of it change users',
    proven: {
      'apis/apostrophe/bearer.test.ts': [
        'honour each other’s tokens, each within the ceiling of the door that gave it',
      ],
      'apis/apostrophe/users.test.ts': [
        'changes nobody: not with a key of the configuration, a key, a token of another door, or a lower role',
        'and no credential of this door rules at another',
        'a fallen administrator does nothing more, with the same token',
      ],
      'apis/apostrophe/ranks.test.ts': [
        'the rank of a session here is the face of its role, one by one',
        'a credential that is cut to some scopes has the rank that they amount to, and never more than its role',
        'only an administrator in a session of this door is lent the right to change users, for one call',
      ],
    },
  },
  {
    says: 'A page elsewhere uses up nothing that its visitor has, and does not try for nothing either; a refused change changes nothing',
    proven: {
      'core/limits.test.ts': [
        'what pages of other sites make a browser ask is counted apart from its visitor, by the same rules',
      ],
      'apis/apostrophe/throttle.test.ts': [
        'a page elsewhere cannot use up the tries of whoever visits it',
        'JSON of a page elsewhere is counted, and apart from its visitor, where every page may ask',
      ],
      'core/users-admin.test.ts': [
        'several changes of one user are one: when the last of them is refused, none was made',
      ],
    },
  },
  {
    says: 'ApostropheCMS: a key of the configuration works here only, is nobody, is audited by its name, and is refused at the start when it is bad',
    proven: {
      'apis/apostrophe/keys.test.ts': [
        'works at this door only',
        'is nobody: it has no id and no session, changes without the CSRF cookie, and a logout leaves it alone',
        'is compared as one whole string: no part, no other case, no list, no pattern',
        'is first used once in the audit log, by its name',
      ],
      'config/apostrophe.test.ts': [
        'what is wrong with a key stops the start, and no message or list shows a key',
        'short keys are allowed in development and refused in strict mode',
      ],
    },
  },
  {
    says: 'ApostropheCMS: keys in an address count in their order here and nowhere else, and are in no log line, link or kept answer',
    proven: {
      'apis/apostrophe/keys.test.ts': [
        'is taken from apikey, apiKey and the header, in that order',
        'gives way to a live bearer token, stands in for a dead one, and has to be good itself',
        'a token in the query is taken nowhere, and its caller is not somebody without one',
        'answers to a key in a query are kept nowhere, and no link or redirect carries it on',
      ],
      'apis/apostrophe/errors.test.ts': [
        'no key or token of a query reaches a log line, at any level, whatever the answer is',
      ],
      'http/query-keys.test.ts': [
        'only one plain text is a key: lists, structures and what no key can be are refused, never passed over',
        'no query throws, and none that holds a name of a key or token is passed over as if nobody had tried',
      ],
      'server/log.test.ts': ['what looks like a credential is struck out of messages, fields and errors, however deep'],
    },
  },
  {
    says: 'ApostropheCMS: with a second factor on, a password alone is nobody, and what stands between is no credential',
    proven: {
      'apis/apostrophe/mfa.test.ts': [
        'is not finished before the code, in no mode, and the token of it is no bearer token',
        'gives 50 at once one proof and one session, and takes each code once',
        'dies with five wrong codes, after its time, and with a change of the account',
        'is announced to nobody beforehand, and to nobody who has none',
        'slows down who guesses codes, in the words of the throttle, and says when',
        'no door takes the password alone for a user with a second factor',
      ],
      'apis/apostrophe/account.test.ts': [
        'sets the password once, opens no session, ends all there were, and keeps the second factor',
      ],
    },
  },
  {
    says: 'ApostropheCMS: no cookie counts or is set for a page of another site, and none changes anything without the CSRF cookie',
    proven: {
      'apis/apostrophe/session.test.ts': [
        'from a page of another site opens none, in no shape of body',
        'from this site works, from another Origin or site it is 403 and ends nothing',
        'is asked for by every call that changes something, before anything else is said',
        'lets through who has it, and comes from nowhere or from here',
        'is given to everybody who only looks, and to no program',
      ],
      'apis/apostrophe/bearer.test.ts': ['of a page elsewhere does not touch the session of its visitor'],
    },
  },
  {
    says: 'ApostropheCMS: its session cookie is good at this door only, once in a request, and is new at each sign-in',
    proven: {
      'apis/apostrophe/bearer.test.ts': ['the cookie of the one is nobody at the other'],
      'apis/apostrophe/session.test.ts': [
        'whose cookie is there twice is refused',
        'is a fresh session each time: none that was planted becomes one, and the one before is over',
        'with exactly the cookies of the sign-in and no Origin ends the session and clears them',
      ],
    },
  },
  {
    says: 'ApostropheCMS: tokens die with their session, user and password, are kept as hashes, and are dead at every address',
    proven: {
      'apis/apostrophe/bearer.test.ts': [
        'that is dead is 401 at every address of this API, public ones and those where nothing is too',
        'dies when its user is disabled, and does not come back with them',
        'dies with a change of the password, the own one too, and with its user',
        'is stored as a hash only',
        'ends exactly the token that was sent, at both addresses, whatever the body is',
      ],
    },
  },
  {
    says: 'ApostropheCMS: passwords count as they came, guessing is limited as at every door, and resets tell nobody who is known',
    proven: {
      'apis/apostrophe/seeds.test.ts': [
        'a password comes through whole, in JSON that says that it is a form and in a true form',
      ],
      'apis/apostrophe/throttle.test.ts': [
        'too many wrong passwords are 400 in the words of the contract with Retry-After, at once and also for the right one',
        'a known place is not locked out by strangers, and tokens and keys that stand are not touched',
        'guesses at this door and at the native one count together',
        'mails are limited by address, and a page elsewhere does not use up what its visitor has',
      ],
      'apis/apostrophe/account.test.ts': [
        'is asked for by address or name, and the answer tells nobody who is known',
        'is done by one of 50 who come at once with one link',
      ],
    },
  },
  {
    says: 'ApostropheCMS: credentials of other doors, keys and narrowed ones change no user; nobody takes a factor, password or address of their own away',
    proven: {
      'apis/apostrophe/visitors.test.ts': [
        'are changed by no credential of another door, fresh or not, and by none that it made',
        'are shown to no credential of another door that may not see them there',
        'takes no second factor off themselves, and none off others without the own one proven',
        'sets neither password nor address of themselves: a stolen token is not the account',
        'hears what is wrong before anything is changed',
      ],
      'apis/apostrophe/ranks.test.ts': ['a session that was narrowed is lent nothing and is no administrator'],
    },
  },
  {
    says: 'a link to a new password is good at the door that it leads to and where it was asked for; HEAD changes nothing; hashing is limited',
    proven: {
      'apis/apostrophe/visitors.test.ts': [
        'is good at the door that it leads to and where it was asked for, and at no other',
        'HEAD is a GET that changes nothing: a link stays good, and nobody is signed out or made',
        'what hashes or mails is limited by address, also for administrators',
      ],
    },
  },
]
