/**
 * The script of the link pages, served as a file of its own. It takes the token out of the address bar, shows the form,
 * and sends it when the person says so; nothing is sent before. What the server answers is shown as text, never as
 * markup. Each form names its call (`data-call`), and its inputs the members of the body.
 */
export const linkScript = `'use strict'
;(() => {
  const find = (id) => document.getElementById(id)
  const main = document.querySelector('main')
  const { tokenName, tokenMember } = main.dataset
  const forms = { first: find('form'), code: find('code-form') }
  const fragment = new URLSearchParams(location.hash.slice(1))
  const token = fragment.get(tokenName) ?? ''
  let ticket = ''

  // The token leaves the address bar and the history: nobody reads it over a shoulder or finds it later.
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  addEventListener('hashchange', () => location.reload())

  const element = (name, text) => Object.assign(document.createElement(name), { textContent: text })

  function say(kind, title, lines) {
    const box = find('message')
    box.className = 'message ' + kind
    box.replaceChildren(element('h2', title))
    if (lines.length === 1) box.append(element('p', lines[0]))
    if (lines.length > 1) {
      const list = element('ul', '')
      list.append(...lines.map((line) => element('li', line)))
      box.append(list)
    }
    box.hidden = false
    box.focus()
  }

  function labelOf(field) {
    const input = document.querySelector('form:not([hidden]) [name="' + CSS.escape(field) + '"]')
    if (input === null) return field
    input.setAttribute('aria-invalid', 'true')
    return input.labels[0]?.firstChild.textContent.trim() ?? field
  }

  /** The problem in the server's own words (RFC 9457), each wrong field by the name that stands over it. */
  function fail(problem, status) {
    const fields = Array.isArray(problem.errors) ? problem.errors : []
    const lines = fields.map(({ field, message }) => (labelOf(field) + ' ' + message).replace(/[^.]$/, '$&.'))
    if (lines.length === 0 && typeof problem.detail === 'string') lines.push(problem.detail)
    if (typeof problem.reason === 'string') lines.push(problem.reason)
    say('bad', problem.title ?? 'The server answered ' + status + '.', lines)
  }

  async function call(address, body) {
    const init = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(new URL(address, document.baseURI), { credentials: 'same-origin', cache: 'no-store', ...init })
    const text = await answer.text()
    let data = {}
    try {
      data = text === '' ? {} : JSON.parse(text)
    } catch {
      // A proxy's own page, perhaps: the status has to do.
    }
    return { ok: answer.ok, status: answer.status, data }
  }

  function bodyOf(form) {
    const body = {}
    for (const input of form.querySelectorAll('input[name]')) if (input.value !== '') body[input.name] = input.value
    return body
  }

  async function finish(data) {
    let text = main.dataset.done
    if (main.dataset.purpose === 'sign-in-link') {
      const me = await call('../me')
      const name = me.data.user?.username
      if (!me.ok || name === undefined) return fail(me.data, me.status)
      text = 'You are signed in as ' + name + '.'
    }
    if (data.status === 'pending') text = main.dataset.pending
    for (const form of document.querySelectorAll('form')) {
      form.reset()
      form.hidden = true
    }
    find('lead').hidden = true
    say('good', 'Done', [text])
  }

  async function send(form, extra) {
    const button = form.querySelector('button')
    button.disabled = true
    for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid')
    try {
      const { ok, status, data } = await call(form.dataset.call, { ...extra, ...bodyOf(form) })
      if (ok) return await finish(data)
      if (data.code === 'mfa_required' && typeof data.mfa_ticket === 'string' && forms.code !== null) {
        ticket = data.mfa_ticket
        forms.first.hidden = true
        forms.code.hidden = false
        find('lead').hidden = true
        find('message').hidden = true
        forms.code.querySelector('input').focus()
        return
      }
      // What is used up or gone stays so: no second try with the same token.
      if (form === forms.first && token !== '' && (data.code === 'one_time_invalid' || data.code === 'not_found')) {
        form.hidden = true
        find('lead').hidden = true
      }
      fail(data, status)
    } catch {
      say('bad', 'The server cannot be reached.', ['Look at your connection and try again. The link has not been used.'])
    } finally {
      button.disabled = false
    }
  }

  const fixed = () => (forms.code === null ? {} : { mode: 'cookie' })
  forms.first.addEventListener('submit', (event) => {
    event.preventDefault()
    send(forms.first, token === '' ? fixed() : { [tokenMember]: token, ...fixed() })
  })
  forms.code?.addEventListener('submit', (event) => {
    event.preventDefault()
    send(forms.code, { mfa_ticket: ticket, ...fixed() })
  })
  for (const box of document.querySelectorAll('input[data-shows]')) {
    box.addEventListener('change', () => {
      find(box.dataset.shows).type = box.checked ? 'text' : 'password'
    })
  }

  // A token that can be typed has a field of its own, which is needed only when the link did not bring it.
  const typed = find('token-field')
  if (token === '' && typed === null) return say('bad', 'This link is not complete.', ['Open the whole link from the mail, or copy it to the end. The part after # is missing.'])
  if (token !== '') typed?.remove()
  forms.first.hidden = false
})()
`
