import type { Rule } from './rules.ts'

/** What the rules of security mean for the console. */
export const consoleRules: readonly Rule[] = [
  {
    says: 'Console: only scripts of ours run, nobody frames it, and no file but what was built is served',
    proven: {
      'apis/native/console.test.ts': [
        'every address of the console answers the page, with a nonce of its own and a policy that names it',
        'what the page is told of the server holds no secret, and cannot break out of its attribute',
        'nothing but what was built for a browser can be had, whatever the name says',
        'where the console is off there is nothing at its address',
      ],
    },
  },
  {
    says: 'Console: the session is out of reach of scripts, and ends in all tabs, by wish and where nothing is done',
    proven: {
      'console/entry.test.ts': [
        'no script can read the session, and nothing of it is in what the browser keeps for scripts',
        'a sign-out in one tab, and one for nothing done, end all tabs; who moves before is asked and stays',
      ],
    },
  },
  {
    says: 'Console: nobody is led off this origin after signing in, and nothing tells whether an account exists',
    proven: {
      'console/entry.test.ts': [
        'after the sign-in people come to a path of this origin only, whatever the address asks for',
        'what is answered for a name that nobody has is what is answered for a wrong password',
      ],
    },
  },
  {
    says: 'Console: opening a mailed link changes nothing, and its token leaves the address at once',
    proven: {
      'console/entry.test.ts': [
        'a mailed link signs in, once, and opening it alone does nothing',
        'whoever holds the set-up code makes the first administrator and is in',
      ],
    },
  },
  {
    says: 'Console: changes of credentials ask for a fresh proof, and what is secret is shown once',
    proven: {
      'console/account.test.ts': [
        'a change of credentials in a session that is not fresh asks for the password, then goes on by itself',
        'a second factor is switched on by a code of its secret, its recovery codes are shown once, and it goes off',
        'a private token is made, tried, rotated and revoked, and shown once',
      ],
    },
  },
]
