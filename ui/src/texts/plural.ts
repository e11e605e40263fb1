/** The language of the catalogue. A translation is a second set of the files beside this one. */
export const language = 'en'

const rules = new Intl.PluralRules(language)
const numbers = new Intl.NumberFormat(language)

/** `plural(3, { one: '# key', other: '# keys' })` is `3 keys`. Languages name the forms that they have. */
export function plural(
  count: number,
  forms: Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string }>,
): string {
  return (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count))
}
