/*
 * What the doors of other contracts are fuzzed with: addresses that are asked for, and bodies that are posted. One that a
 * door does not have is answered 404, which is as good a beginning of a mutation as any.
 */

export const doorPaths: readonly string[] = [
  '/account/jwt',
  '/account/key',
  '/account/export/jwt',
  '/apikeys/jwt',
  '/apikeys/key',
  '/whoami/jwt',
  '/whoami/key',
  '/users/1',
  '/users/root/card',
  '/users/root/jwt',
  '/confirmations/0198c0de-0000-7000-8000-000000000000/0123456789abcdef',
  '/admin/user/1/jwt',
  '/confirm/signup?id=0198c0de-0000-7000-8000-000000000000&check=0123456789abcdef',
  '/api/user/',
  '/api/user/1/',
  '/api/user',
  '/api/manage/user/1/',
  '/api/sitesettings',
  '/api/firsttimesetup/',
  '/api/photos/?page=1&page_size=5',
  '/api/photos/searchlist/',
  '/media/photos/0123456789abcdef0123456789abcdef1',
  '/media/square_thumbnails/0123456789abcdef0123456789abcdef1',
  '/api/v1/auth/private_tokens/?ordering=-name&q=a&page=1&page_size=5',
  '/api/v1/article?page=1&perPage=5&sort[title]=1',
  '/api/v1/article/none',
  '/api/v1/@apostrophecms/user',
  '/api/v1/@apostrophecms/login/whoami',
  '/api/v1/@apostrophecms/login/context?apikey=none',
]

const password = 'correct horse battery'

export const doorPosts: readonly (readonly [path: string, body: string])[] = [
  ['/signin', JSON.stringify({ username: 'root', password: 'wrong', token: 231586 })],
  ['/signup', JSON.stringify({ email: 'someone@example.com', language: 'en' })],
  ['/signinlink', JSON.stringify({ username: 1 })],
  ['/confirm/signup/0198c0de-0000-7000-8000-000000000000', JSON.stringify({ consent: 1 })],
  ['/find/users', JSON.stringify({ match: 'ro' })],
  ['/apikeys/jwt', JSON.stringify({ name: 'a', level: 4, expiresIn: 3600 })],
  ['/account/mfa/jwt', JSON.stringify({ mfa: true, secret: 'ABC', token: '123456' })],
  ['/available/username/jwt', JSON.stringify({ username: 'root' })],
  ['/api/auth/token/obtain/', JSON.stringify({ username: 'root', password })],
  ['/api/auth/token/refresh/', JSON.stringify({ refresh: 'a.b.c' })],
  ['/api/auth/token/blacklist/', JSON.stringify({ refresh: 'a.b.c' })],
  ['/api/user/', JSON.stringify({ username: 'new', password, email: 'new@example.com' })],
  ['/api/v1/auth/login/', JSON.stringify({ email: 'root@example.com', password })],
  ['/api/v1/auth/private_tokens/', JSON.stringify({ name: 'a', expiration_time: '2030-01-01T00:00:00Z' })],
  ['/api/v1/@apostrophecms/login/login', JSON.stringify({ username: 'root', password, session: true })],
  ['/api/v1/login/logout', '{}'],
]

export const bodyTypes: readonly string[] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
]
