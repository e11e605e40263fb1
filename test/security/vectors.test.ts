import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { compactVerify, importJWK } from 'jose'
import { isCompactJws, readHeader, verifyJwt } from '../../src/crypto/jwt.ts'
import { generateSigningKey, importSigningKey } from '../../src/crypto/key-ring.ts'
import { totpAt } from '../../src/crypto/totp.ts'

/*
 * Tokens and codes as the standards print them. What a standard calls good has to verify below us, and none of its
 * tokens is one of ours: they name no key, say no type or are of an algorithm that nobody may use here.
 */

const payload = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'

/** RFC 7515, A.1, which RFC 7519, 3.1 shows again. */
const hs256 = {
  token: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
  key: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
}
/** RFC 7515, A.2. */
const rs256 = {
  token: `eyJhbGciOiJSUzI1NiJ9.${payload}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
  jwk: {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  },
}
/** RFC 7515, A.3. */
const es256 = {
  token: `eyJhbGciOiJFUzI1NiJ9.${payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
}
/** RFC 8037, A.4: Ed25519. */
const eddsa = {
  token:
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
}
/** RFC 7515, A.5 and RFC 7519, 6.1. */
const unsecured = `eyJhbGciOiJub25lIn0.${payload}.`
/** RFC 7515, A.7: the flattened JSON form. */
const flattened = JSON.stringify({
  payload,
  protected: 'eyJhbGciOiJFUzI1NiJ9',
  header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' },
  signature: es256.token.split('.')[2],
})
/** The headers of RFC 7519, A.1 (encrypted) and A.2 (signed, then encrypted). */
const encrypted = [
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0',
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiY3R5IjoiSldUIn0',
].map(
  (header) =>
    `${header}.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8.AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0o.fiK51VwhsxJ-siBMR-YFiA`,
)

test('the signatures that RFC 7515 and RFC 8037 print verify, and no other', async () => {
  for (const { token, jwk } of [rs256, es256, eddsa]) {
    const key = await importJWK(jwk, token === rs256.token ? 'RS256' : token === es256.token ? 'ES256' : 'EdDSA')
    assert.ok((await compactVerify(token, key)).payload.length > 0)
    const [head, body = '', signature] = token.split('.')
    await assert.rejects(compactVerify(`${head}.${body.slice(0, -4)}AAAA.${signature}`, key))
  }
  const [head, body, signature] = hs256.token.split('.')
  const mac = createHmac('sha256', Buffer.from(hs256.key, 'base64url')).update(`${head}.${body}`).digest('base64url')
  assert.equal(mac, signature)
})

test('no token that RFC 7515, RFC 7519 or RFC 8037 prints is one of ours, under any of our keys and at its own time', async () => {
  const tokens = [hs256.token, rs256.token, es256.token, eddsa.token, unsecured, flattened, ...encrypted]
  for (const alg of ['ES256', 'RS256', 'EdDSA'] as const) {
    const key = await importSigningKey(await generateSigningKey(alg))
    for (const token of tokens) {
      const expected = { key, typ: 'JWT', issuer: 'joe', audience: 'joe', now: 1_300_819_379_000 }
      assert.deepEqual(await verifyJwt(token, expected), { ok: false, reason: 'malformed' }, token)
      assert.equal(readHeader(token), null)
    }
  }
  for (const token of [unsecured, flattened, ...encrypted]) assert.equal(isCompactJws(token), false, token)
})

test('the codes of RFC 4226, appendix D are those of its counters', () => {
  // '12345678901234567890' in base32
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  assert.deepEqual(
    codes.map((_, counter) => totpAt(secret, counter)),
    codes,
  )
})
