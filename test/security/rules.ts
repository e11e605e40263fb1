/** What a rule says, and the tests that fail when it is broken: by file (below test/) and name. */
export interface Rule {
  readonly says: string
  readonly proven: Readonly<Record<string, readonly string[]>>
}

/** The rules of security that the server keeps, by subject. */
export const securityRules: readonly Rule[] = [
  {
    says: 'The first administrator is made with the set-up code or on the command line, and nobody before',
    proven: {
      'core/users-set-up.test.ts': [
        'until the first administrator exists no door makes users',
        'the set-up code makes one administrator with a proven e-mail, then there is nothing to set up',
        'of 50 who use the code side by side one becomes the administrator',
        'a code lives an hour, a new one voids the old one, and a wrong one buys no hashing',
        'guessing the code is limited by address',
      ],
      'server/set-up.test.ts': [
        'without an administrator the code is printed, kept for this user only, and never logged',
      ],
      'apis/native/pages.test.ts': ['the set-up code makes the first administrator, from the link or typed'],
    },
  },
  {
    says: 'A credential never has more than the door that issued it gives and than its owner has now',
    proven: {
      'core/roles.test.ts': [
        'effective scopes are the ceiling, cut to the wish and to what the owner has now',
        'credentials of the API … … carry administration',
      ],
      'core/keys.test.ts': [
        'a key of another door never carries administration scopes',
        'a limited session or key never leads to a wider key, not even after a promotion of the owner',
        'a key with scopes has these and no other, and none that its owner has no more',
      ],
      'security/matrix.test.ts': ['demoted: what an administrator made before does no more than its owner may do now'],
    },
  },
  {
    says: 'A static key works where it is declared, is nobody, and is refused at the start when it looks like another kind',
    proven: {
      'core/guard.test.ts': ['they work in the API that declares them and in no other, and have no user'],
      'security/promises.test.ts': [
        'a static key is nobody: what belongs to a user is refused, and so is what its role may not do',
      ],
      'config/strict.test.ts': [
        'short static keys are allowed in development and refused in strict mode',
        'a static key in the shape of another kind of credential is refused always',
      ],
    },
  },
  {
    says: 'Introspection and the change feed are given to services by name, and tell nothing of what is not for the caller',
    proven: {
      'core/users-admin.test.ts': [
        'introspection and the change feed are given to services by name, by whoever has all that an administrator has',
      ],
      'core/roles.test.ts': ['no role has the scopes that are given to services by name'],
      'apis/native/oauth.test.ts': [
        'introspection needs a key with the scope for it; an administrator has it not by role',
      ],
      'security/promises.test.ts': [
        'introspection says of what is not for this server, or not good, only that it is not active',
      ],
      'apis/native/changes.test.ts': [
        'a session that ends is told within a second, by kind, id and epoch and nothing else',
        'an administrator without the scope by name is refused',
        'a stream ends with the credential that opened it: revoked, its owner disabled, its scope taken',
      ],
    },
  },
  {
    says: 'Nobody acts on others beyond their own rights, and the last administrator stays',
    proven: {
      'core/users-admin.test.ts': [
        '…: nobody acts on a user beyond their own rights, nobody without users:write acts at all',
        '…: a credential cut to few scopes does not make its administrator more',
        '…: the last administrator stays, also for the command line and in a race',
        'nobody gives a role or a scope beyond their own, and only an administrator makes one',
      ],
      'store/users.test.ts': ['of 20 admins who go side by side one stays'],
    },
  },
  {
    says: 'Acting for somebody says so, is short, makes no credentials and ends with the right to do it',
    proven: {
      'core/sessions.test.ts': [
        'an impersonation says who acts, is never fresh, lasts 15 minutes, is not refreshed and can make no credentials',
        'an impersonation ends with the right of whoever opened it, their session and their password',
      ],
      'core/events.test.ts': ['under impersonation the actor is the impersonator'],
      'core/impersonation.test.ts': [
        'every impersonation ends in the audit log once, however it ended',
        'somebody with the same rights is not impersonated, whatever they are called',
      ],
      'apis/native/admin.test.ts': [
        'who acts in the name of somebody changes nothing that needs a fresh proof, at any route',
      ],
    },
  },
  {
    says: 'With a second factor on, the password alone is nobody at any door',
    proven: {
      'apis/native/journey.test.ts': [
        'with a second factor on, the password alone opens no door, and each code is good once',
      ],
      'core/sign-in.test.ts': [
        'with a second factor the password alone gets a ticket and nothing else',
        'a magic link asks for the second factor',
        'a ticket works once, only at the API that issued it, and survives four wrong codes but not five',
      ],
      'core/sign-in-basic.test.ts': [
        'with a second factor the right password gets the ordinary refusal, is counted and never believed',
      ],
      'core/users-password.test.ts': ['a reset leaves the second factor alone'],
    },
  },
  {
    says: 'Changes of credentials need a fresh proof of all factors, which no program can give',
    proven: {
      'apis/native/journey.test.ts': ['changes of credentials need a fresh session, and the error says how to get one'],
      'security/matrix.test.ts': ['a program cannot make a change that needs a fresh proof of the person'],
      'core/sign-in.test.ts': [
        'proving again asks for everything there is, and says so',
        'keys, private tokens, Basic, static keys, client tokens and impersonators can prove nothing',
      ],
    },
  },
  {
    says: 'A second factor is enrolled in a session, its seed comes from the server, and wrong codes are counted by user',
    proven: {
      'core/mfa.test.ts': [
        'a factor goes from off through pending to on, and nothing counts before it is confirmed',
        'a pending secret dies after 10 minutes',
        'after ten wrong codes in a row even the right one has to wait, longer each time, and the user is told',
        'codes sent side by side do not outrun the count',
      ],
    },
  },
  {
    says: 'Each kind of token has keys, a type and an audience of its own; only keys of access tokens are published',
    proven: {
      'core/access-tokens.test.ts': [
        'the claims are those of RFC 9068, and exp - iat is exactly the lifetime',
        'a token for another server is refused',
      ],
      'core/signing-keys.test.ts': [
        'only access keys, only public members',
        'a token of one use is nothing of another use: a refresh or private key signs no access token',
        'kills the key and all it signed, here at once and on another node with the feed',
      ],
      'crypto/key-ring.test.ts': ['RSA with less than 2048 bits is refused, public and private'],
      'security/jwt.test.ts': [
        'each kind of token is that kind only, whichever key signed it and whatever it calls itself',
      ],
      'security/jwt-content.test.ts': ['a token for another issuer, audience, user or session is refused'],
    },
  },
  {
    says: 'A private token is checked against its row and lives no longer than a set time',
    proven: {
      'core/tokens.test.ts': [
        'the token is not stored, and says no more than who, when and which',
        'an end is needed, in the future and within the longest life',
      ],
      'core/guard-kinds.test.ts': ['is refused by the very next check after it was revoked'],
    },
  },
  {
    says: 'A refresh token is rotated, its successor derived, its session mortal',
    proven: {
      'core/session-refresh.test.ts': [
        'a repeat within the grace gets the same successor, also after a restart',
        'the grace ends when the successor is used, and reuse then ends the session',
        'a refresh token is good at the door that issued it only',
      ],
      'core/sessions.test.ts': ['no use moves the absolute end', 'no secret of a session is stored'],
    },
  },
  {
    says: 'Secrets are long, short codes are hashed slowly, passwords count exactly, sessions are capped',
    proven: {
      'crypto/random.test.ts': ['tokens have 256 bits and never repeat'],
      'core/mfa.test.ts': ['recovery codes are stored as slow hashes under one salt of the user'],
      'core/sign-in.test.ts': ['the password counts exactly as it is sent'],
      'core/sessions.test.ts': ['beyond the cap the oldest session ends, and its token with it'],
    },
  },
  {
    says: 'One root, many labelled keys; what is sealed opens in its own place only',
    proven: {
      'crypto/key-tree.test.ts': [
        'a root under 32 bytes is refused, as the current one and as a previous one',
        'each label has a key and an id of its own',
      ],
      'crypto/secret-box.test.ts': ['a box opens in no other table, row or purpose, however the three are cut'],
      'core/mfa.test.ts': ['a seed is boxed for its user: in the row of another it does not open'],
      'core/signing-keys.test.ts': ['private keys are boxed'],
    },
  },
  {
    says: 'A used code stays used, whatever the clock does',
    proven: {
      'core/mfa.test.ts': ['a code is good once, within one step of drift, also when 50 send it side by side'],
      'security/promises.test.ts': [
        'a code that was used is not good again, even when the clock is set back and old steps have been purged',
      ],
    },
  },
  {
    says: 'A password by Basic is believed for a minute, and not once anything about the user changed',
    proven: {
      'core/sign-in-basic.test.ts': [
        'a right password is checked once in 60 seconds, a wrong one each time',
        'a believed password is refused at once when it, the status or the factors change',
        'guesses are limited before they are hashed; the verdict says when to come back',
        'requests side by side share one check',
      ],
    },
  },
  {
    says: 'A change of credentials ends what a thief could hold, and the user is told',
    proven: {
      'core/users-password.test.ts': [
        'a change of the password ends all other sessions, is mailed, and leaves keys unless asked',
        'a reset by mail sets the password once, opens no session and revokes sessions, keys and private tokens',
      ],
      'core/sign-in.test.ts': [
        'a sign-in from a new place is mailed, but neither the first of all nor one from a known place',
      ],
    },
  },
  {
    says: 'What a browser sends by itself counts only with a proof of the page, and no cookie is set without',
    proven: {
      'security/matrix.test.ts': ['a cookie from another origin, or without a proof, opens nothing'],
      'apis/pipeline.test.ts': [
        'a session cookie needs the proof of the site to be set and to be taken',
        'a token may be answered without the proof, but no cookie leaves',
        'a password by Basic is ambient too: from a foreign page it is refused',
      ],
      'http/trust.test.ts': [
        'same origin is proven by fetch metadata, else by Origin; null and foreign never are a proof',
      ],
    },
  },
  {
    says: 'A session cookie belongs to its door and its host, comes once, and goes with the sign-out',
    proven: {
      'core/sessions.test.ts': ['a cookie is good as a cookie and at its own door only'],
      'http/cookies.test.ts': ['the same cookie twice is unreadable: one of them may be planted'],
      'security/promises.test.ts': [
        'on https the session cookie is bound to the host, and signing out takes cookie and storage along',
        'a sign-in never takes over a session that the browser already had',
      ],
    },
  },
  {
    says: 'CORS is by name, foreign hosts get nothing, answers are not kept, metrics are not public',
    proven: {
      'apis/pipeline.test.ts': [
        'a listed origin is answered by name, with credentials; another gets no header',
        'a foreign Host gets nothing',
        'metrics are for this machine and for holders of the scope; what a proxy passes on is not from this machine',
      ],
      'security/promises.test.ts': [
        'every route answers with headers that let nothing be guessed, framed or sent on, and with HSTS on https',
      ],
    },
  },
  {
    says: 'Strict mode is the default beyond loopback, and each relaxation is named',
    proven: {
      'config/strict.test.ts': [
        'strict mode is on by NODE_ENV, by host and by public URL, and off on loopback',
        'an http public URL is refused in strict mode unless allowInsecure says so',
        'each explicit relaxation is listed, and a server without any has none',
      ],
      'cli/doctor.test.ts': ['each relaxation of strict mode is listed, and none of them is wrong by itself'],
    },
  },
  {
    says: 'Nothing in an address is a credential',
    proven: { 'security/promises.test.ts': ['a credential in the address is none'] },
  },
  {
    says: 'The viewers of the documentation ask no other host and send no cookie',
    proven: {
      'apis/native/viewers.test.ts': [
        'the policy of the pages allows no inline script and no other host',
        '… shows the document without a complaint and without another host',
        'Authorize in Swagger UI sends the bearer token, the key pair or the key; a cookie is never sent',
      ],
    },
  },
  {
    says: 'An identifier means one look-up, and no name can pass for another',
    proven: {
      'crypto/identifiers.test.ts': [
        'the form of an identifier picks exactly one look-up',
        'a name of mixed or historic scripts is refused',
        'invisible, control, private and broken characters, blanks and lone accents are refused',
        'CR, LF, NUL and other control characters are refused wherever they stand',
      ],
      'core/mails.test.ts': ['… in a mail field is refused and nothing is sent'],
    },
  },
  {
    says: 'Only a proven address identifies, and proving takes it from all who only claimed it',
    proven: {
      'core/sign-in.test.ts': ['an unproven e-mail identifies nobody'],
      'core/users-email.test.ts': [
        'proving an address deletes pending claimants and takes the claim from active ones',
        'the former address can undo the change for 72 hours, which ends sessions, keys and private tokens',
      ],
    },
  },
  {
    says: 'A link lives a short time, and opening it uses nothing up',
    proven: {
      'core/one-time.test.ts': [
        'links live 10 minutes for sign-in, 30 for a reset, 24 hours for a confirmation, 72 to undo',
      ],
      'apis/native/pages.test.ts': [
        'opening a link, however often and with the token in the query too, uses nothing up',
      ],
    },
  },
  {
    says: 'Guessing is stopped by address, by user and for all strangers, and does not lock the owner out',
    proven: {
      'core/guessing.test.ts': ['of 10,000 guesses from … at most 50 reach a password check while the owner signs in'],
      'security/guessing.test.ts': [
        'counted in the store, of … guesses from … at most 50 reach a password check',
        'behind a proxy, of … guesses from … at most 50 are checked, at every door, and the owner gets in',
        'who is no proxy of ours gets no further by claiming other addresses',
      ],
      'core/limits.test.ts': ['strangers cannot lock a user out of a known address or device'],
    },
  },
  {
    says: 'Ids are never used again, a deleted user leaves nothing, their names stay reserved',
    proven: {
      'store/users.test.ts': [
        'ids of users and private tokens are never used twice',
        'a removed user leaves nothing but reserved names and events without an address',
      ],
      'core/users-sign-up.test.ts': ['names and addresses of deleted users stay reserved for 90 days'],
    },
  },
  {
    says: 'The audit log is one chain in which an edit shows, and what was typed as an unknown name is not readable',
    proven: {
      'store/events.test.ts': [
        'an event that was changed is found: …',
        'a cut in the middle, at the beginning or at the end is found',
        'what is personal can be erased without breaking the chain',
      ],
      'core/sign-in.test.ts': ['a failure is audited with the user when known, and an unknown name only as an HMAC'],
      'security/secrets.test.ts': ['no secret of a whole run is in a log line, an error, a metric, a column or a file'],
    },
  },
  {
    says: 'Written mails are private, and go when their link expires',
    proven: {
      'server/mailer.test.ts': [
        'written mails are for this user only and logged by path, never by content',
        'a written mail goes when its link expires, also after a restart, and nothing else does',
      ],
      'config/strict.test.ts': ['strict mode writes no mails to files unless told to by name, and says what to set'],
    },
  },
  {
    says: 'Names of JavaScript machinery are refused in bodies and settings',
    proven: {
      'http/body.test.ts': ['NUL, lone surrogates, __proto__ and abysmal nesting are refused by field name'],
      'security/matrix.test.ts': ['hostile bodies: whatever is sent, the answer is a clean 4xx that names the field'],
    },
  },
  {
    says: 'Each requirement of ASVS 5.0, chapters 6, 7, 9 and 10 has a line in SECURITY.md',
    proven: {
      'security/rules.test.ts': ['SECURITY.md has one line for each requirement of ASVS 5.0, chapters 6, 7, 9 and 10'],
    },
  },
]
