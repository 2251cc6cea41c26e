// What a password must be, said while it is typed. The API decides; this only saves a round.
export const PASSWORD_MIN_LENGTH = 12

export const isLongEnough = (password: string): boolean => [...password].length >= PASSWORD_MIN_LENGTH

export function PasswordRule({ password }: { password: string }) {
  const missing = PASSWORD_MIN_LENGTH - [...password].length
  return <>{missing > 0 ? `At least ${String(PASSWORD_MIN_LENGTH)} characters; ${String(missing)} to go.` : 'Long enough.'}</>
}
