/*
 * Scripts in which people write today: those recommended for identifiers (UAX 31, table 5) and those of limited use
 * (table 7). Historic scripts serve in names for imitation only.
 */
const singleScripts = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati'],
  ...['Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Latin', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil'],
  ...['Telugu', 'Thaana', 'Thai', 'Tibetan'],
  ...['Adlam', 'Balinese', 'Bamum', 'Batak', 'Canadian_Aboriginal', 'Chakma', 'Cham', 'Cherokee', 'Hanifi_Rohingya'],
  ...['Javanese', 'Kayah_Li', 'Lepcha', 'Limbu', 'Lisu', 'Mandaic', 'Meetei_Mayek', 'Miao', 'New_Tai_Lue', 'Newa'],
  ...['Nko', 'Nyiakeng_Puachue_Hmong', 'Ol_Chiki', 'Osage', 'Saurashtra', 'Sundanese', 'Syloti_Nagri', 'Syriac'],
  ...['Tai_Le', 'Tai_Tham', 'Tai_Viet', 'Tifinagh', 'Vai', 'Wancho', 'Yi'],
]

/** Writing systems that mix scripts by nature (UTS 39, section 5.1): Japanese, Korean, Chinese with phonetic signs. */
const mixedScripts = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Hangul'],
  ['Han', 'Bopomofo'],
]

const writingSystems = [...singleScripts.map((script) => [script]), ...mixedScripts].map((scripts) => {
  const members = [...scripts, 'Common', 'Inherited'].map((script) => `\\p{Script_Extensions=${script}}`)
  return new RegExp(`^[${members.join('')}]*$`, 'u')
})

/**
 * True when one writing system can spell the whole text (UTS 39, single script). Digits, punctuation and other signs
 * that belong to no script go with any. It does not find a word of one script that looks like one of another.
 */
export function isSingleScript(text: string): boolean {
  return writingSystems.some((system) => system.test(text))
}
