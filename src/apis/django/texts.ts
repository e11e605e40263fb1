/*
 * The words of Django REST framework and of its JWT plug-in, as clients of both contracts show or compare them. Where a
 * text is none of theirs, it says so.
 */

export const texts = {
  required: 'This field is required.',
  blank: 'This field may not be blank.',
  null: 'This field may not be null.',
  noString: 'Not a valid string.',
  noBoolean: 'Must be a valid boolean.',
  noInteger: 'A valid integer is required.',
  noNumber: 'A valid number is required.',
  noEmail: 'Enter a valid email address.',
  noMatch: 'This value does not match the required pattern.',
  noDateTime:
    'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
  nul: 'Null characters are not allowed.',
  noData: 'No data provided',
  invalidPage: 'Invalid page.',

  notProvided: 'Authentication credentials were not provided.',
  twoValues: 'Authorization header must contain two space-delimited values',
  noActive: 'No active account found with the given credentials',
  noActiveForToken: 'No active account found for the given token.',
  tokenNotValid: 'Given token not valid for any token type',
  tokenInvalid: 'Token is invalid or expired',
  tokenWrongType: 'Token has wrong type',
  tokenBlacklisted: 'Token is blacklisted',
  userNotFound: 'User not found',
  userInactive: 'User is inactive',
  wrongBasic: 'Invalid username/password.',
  basicEmpty: 'Invalid basic header. No credentials provided.',
  basicBlanks: 'Invalid basic header. Credentials string should not contain spaces.',
  basicNoBase64: 'Invalid basic header. Credentials not correctly base64 encoded.',
  permissionDenied: 'You do not have permission to perform this action.',
  notFound: 'Not found.',
  usernameTaken: 'A user with that username already exists.',
  originRefused: 'CSRF Failed: Origin checking failed.',
  serverError: 'A server error occurred.',

  // Ours: what these frameworks do not know.
  factorRequired: 'A second factor is needed: send its code as `code`, too.',
  factorWrong: 'The code is wrong or was used already.',
  factorEnrolment: 'Your role needs a second factor before it may do this.',
  oneCredential: 'The request carries two different credentials. Send one.',
} as const

export const atLeast = (count: number): string => `Ensure this field has at least ${count} characters.`
export const atMost = (count: number): string => `Ensure this field has no more than ${count} characters.`
export const surrogate = (codePoint: string): string => `Surrogate characters are not allowed: ${codePoint}.`
export const noDictionary = (type: string): string => `Invalid data. Expected a dictionary, but got ${type}.`
export const mediaType = (type: string): string => `Unsupported media type "${type}" in request.`
export const noMatch = (model: string): string => `No ${model} matches the given query.`
export const method = (name: string): string => `Method "${name}" not allowed.`
export const throttled = (seconds: number): string =>
  `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`
