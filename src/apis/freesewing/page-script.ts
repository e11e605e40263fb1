/**
 * The script of the pages that mailed links lead to, served as a file of its own. It takes id and check out of the address
 * bar and sends them when the person says so; nothing is sent before. The token of a sign-in stays in the memory of the
 * page. What the server answers is shown as text, never as markup.
 */
export const pageScript = `'use strict'
;(() => {
  const find = (id) => document.getElementById(id)
  const { page } = document.querySelector('main').dataset
  const fragment = new URLSearchParams(location.hash.slice(1))
  const [id, check] = [fragment.get('id') ?? '', fragment.get('check') ?? '']
  // Nobody reads them over a shoulder or finds them in the history.
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  addEventListener('hashchange', () => location.reload())

  function say(kind, title, text) {
    const box = find('message')
    box.className = 'message ' + kind
    box.replaceChildren(
      Object.assign(document.createElement('h2'), { textContent: title }),
      Object.assign(document.createElement('p'), { textContent: text }),
    )
    box.hidden = false
    box.focus()
  }

  async function call(method, address, body, token) {
    const headers = { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: 'Bearer ' + token }) }
    const answer = await fetch(new URL(address, document.baseURI), { method, headers, body: JSON.stringify(body), credentials: 'omit', cache: 'no-store' })
    const text = await answer.text()
    let data = {}
    try {
      data = text === '' ? {} : JSON.parse(text)
    } catch {
      // A bare word, or a page of a proxy: the status has to do.
    }
    return { ok: answer.ok, status: answer.status, data }
  }

  const reasons = {
    mfaTokenRequired: 'This account has a second factor. Enter its code.',
    signInFailed: 'The name, the password or the code is wrong.',
    statusLacking: 'This account is closed.',
    passwordRefused: 'This password is too short, too common or too much like your name.',
    tooManyRequests: 'Too many attempts. Wait and try again.',
    emailTaken: 'This address belongs to another account.',
  }
  function fail({ status, data }) {
    if (data.error === 'mfaTokenRequired' && find('code-field') !== null) {
      find('code-field').hidden = false
      find('code').required = true
      find('code').focus()
    }
    const isGone = status === 404
    if (isGone) find('form').hidden = true
    say('bad', isGone ? 'This link is not valid any more.' : 'That did not work.', isGone ? 'It was used or is too old. Ask for a new one.' : (reasons[data.error] ?? 'The server answered ' + status + '.'))
  }

  const pair = encodeURIComponent(id) + '/' + encodeURIComponent(check)
  const code = () => (find('code')?.value ? { token: find('code').value } : {})
  const steps = {
    signup: () => call('POST', 'signup/' + encodeURIComponent(id), { consent: find('open-data').checked ? 2 : 1 }),
    signin: () => call('POST', '../signinlink/' + pair, code()),
    async emailchange() {
      const signedIn = await call('POST', '../signin', { username: find('username').value, password: find('password').value, ...code() })
      if (!signedIn.ok) return signedIn
      return call('PATCH', '../account/jwt', { confirm: 'emailchange', confirmation: id, check }, signedIn.data.token)
    },
  }

  let token
  function finish({ data }) {
    find('form').hidden = true
    find('lead').hidden = true
    token = data.token
    if (page === 'emailchange') return say('good', 'Done', 'The address of ' + data.account.username + ' is ' + data.account.email + ' now.')
    find('password-form').hidden = false
    say('good', 'Done', 'You are signed in as ' + data.account.username + '.')
  }

  async function send(form, run, done) {
    const button = form.querySelector('button')
    button.disabled = true
    try {
      const answer = await run()
      if (answer.ok) done(answer)
      else fail(answer)
    } catch {
      say('bad', 'The server cannot be reached.', 'Look at your connection and try again. The link has not been used.')
    } finally {
      button.disabled = false
    }
  }

  find('form').addEventListener('submit', (event) => {
    event.preventDefault()
    send(find('form'), steps[page], finish)
  })
  find('password-form')?.addEventListener('submit', (event) => {
    event.preventDefault()
    const form = find('password-form')
    send(form, () => call('PATCH', '../account/jwt', { password: find('new-password').value }, token), () => {
      form.reset()
      form.hidden = true
      say('good', 'Done', 'The password is set. Sign in with it the next time.')
    })
  })

  if (id === '' || check === '') return say('bad', 'This link is not complete.', 'Open the whole link from the mail, or copy it to the end. The part after # is missing.')
  find('form').hidden = false
})()
`
