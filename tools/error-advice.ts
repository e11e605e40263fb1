// What docs/errors.md says to do about each failure. A new code does not compile until it has advice.
import type { ErrorCode } from '../src/errors.ts'

export const advice: Readonly<Record<ErrorCode, string>> = {
  body_malformed: 'Send what Content-Type says: valid JSON, or a form, in UTF-8. `reason` says what was wrong.',
  body_too_large: 'Send less than `limit_bytes`. The operator sets it with `bodyLimitBytes`.',
  media_type_unsupported: 'Send the Content-Type that `expected` names.',
  request_invalid: 'Look at `errors`: each entry names a field and says what is right. Unknown fields are refused.',
  not_found:
    'Check the address and the id. What belongs to somebody else looks the same as what is not there. `POST /auth/setup` is gone once there is an administrator.',
  method_not_allowed: 'Use a method that the `Allow` header lists.',
  host_unknown:
    'The `Host` header names neither the public URL nor loopback. Operators: `publicUrl`, or `allowedHosts`; a proxy must pass `Host` on.',
  original_refused:
    'Operators: `trustedProxies` names the proxy, and it sends URI, method and host, once each: [Forward-auth](forward-auth.md).',
  address_ambiguous:
    'Write the path plainly: no `..`, `//`, `;`, `%2f`, `%25`. It is refused too when a rule would fit only if letter case or a closing slash did not count.',
  rule_missing: 'Operators: nothing is let through that no entry of `rules` fits.',
  upstream_failed: 'Operators: the service in `upstreams` does not take connections, or broke off.',
  upstream_timeout: 'Operators: the service took longer than `gateway.connectSeconds` or `gateway.idleSeconds`.',
  origin_refused:
    'A cookie, or a sign-in with `"mode": "cookie"`, needs proof of the page: browsers send `Sec-Fetch-Site` or `Origin`; other clients send `Origin` with the public URL, or use a token.',
  credentials_missing: 'Send a credential. `GET /api/help` shows every way.',
  credentials_conflict: 'Send one credential. Often a client adds its own `Authorization` to an `X-API-Key`.',
  credential_malformed: 'The text is cut, padded or not in the shape of any credential. Copy it again.',
  credential_invalid: 'It was never issued here, or was changed on the way. Check that it is for this server.',
  credential_expired: 'Refresh the session or sign in again; make a new key or token.',
  credential_revoked: 'Its session ended, or it was revoked or rotated. Sign in again, or make a new key.',
  credential_kind_refused: 'Send one of the kinds that `accepts` lists.',
  credential_address_refused:
    'The key is limited to some addresses (`allow_addresses`). Behind a proxy, check `trustedProxies`.',
  account_pending:
    'Use the link in the mail of the sign-up; each sign-in with the right password mails a new one. Operators: `npx --no cardea user enable`.',
  account_disabled: 'Ask an administrator. Operators: `npx --no cardea user enable`.',
  account_blocked: 'Ask an administrator. Operators: `npx --no cardea user enable`.',
  scope_missing:
    'Use a credential that has the scope in `scope`, and whose owner has it too. Where the role has to have a second factor (`requireFactor`), enrol one and sign in again.',
  factor_enrolment_required:
    'Switch a second factor on (`POST /auth/mfa/totp`, then `/confirm`), then refresh or sign in again: a token keeps the scopes that it was issued with. Operators: the setting `requireFactor`.',
  user_required: 'A static key has no user. Use a key or token of a user.',
  reauthentication_required:
    'Send `current_password` (and `code`) along, or call `POST /auth/me/reauthenticate` first. Keys and private tokens cannot.',
  beyond_own_rights:
    'Ask for no more scopes, no higher role and no longer life than the caller has. A key or token can rotate only itself.',
  last_admin: 'Make another administrator first.',
  credentials_wrong:
    'Check name and password. Wrong, unknown and without a password look the same; so does Basic with a password where a second factor is on.',
  factor_required: 'Send the code to `POST /auth/sign-in/mfa` with `mfa_ticket`, or repeat the call with `code`.',
  factor_wrong: 'Take the next code; each works once. Check the clock of the phone. A recovery code does as well.',
  factor_missing: 'Enrol first: `POST /auth/mfa/totp`, then `/auth/mfa/totp/confirm` within ten minutes.',
  factor_exists: 'Switch the old one off first: `DELETE /auth/mfa/totp`.',
  sign_up_closed: 'Ask for an invitation. Operators: the setting `signUp`.',
  set_up_needed:
    'Make the first administrator: `POST /auth/setup` with the code from the terminal or from `setup-code` in the data folder.',
  one_time_invalid: 'Used, expired or replaced by a newer one. Ask for a new one.',
  refresh_reused:
    'Sign in again. If a client refreshes twice at once, let it keep the answer of the first. Otherwise somebody has a copy.',
  username_taken: 'Choose another. Names of deleted accounts stay reserved for a while.',
  email_taken: 'Choose another, or use the account that has it.',
  password_refused: 'Look at `errors`. Common passwords and your own name are refused.',
  rate_limited:
    'Wait `Retry-After` seconds. It counts checks of passwords and codes, and mails; keys and tokens have no quota.',
  busy: 'Wait `Retry-After` seconds. Too many passwords are being checked at once; tokens and keys go on.',
  unavailable: 'Wait `Retry-After` seconds. Operators: `/readyz`, the log, `npx --no cardea doctor`.',
  conflict: 'Read the thing again and repeat the change.',
  internal: 'A defect, or a fault of the machine. The log has the cause under the `request_id`.',
}
