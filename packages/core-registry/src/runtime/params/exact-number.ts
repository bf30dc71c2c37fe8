/** A decimal number: sign, whole part, fraction, exponent. Every alternative matches in one way only. */
const decimal = /^[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;
/** Texts up to this length have at most 15 digits. A double keeps 15 digits, except near its limits. */
const maxPlainLength = 15;
const maxPrecision = 100;
const zero = 48;

/**
 * Whether a number in decimal notation is kept when it becomes a JavaScript number (S3.2). False for texts
 * that are no number, for numbers that become infinite or zero, for numbers without exponent beyond 2^53-1,
 * and where the digits that were sent differ from those of the double, rounded to as many digits.
 * `0.1` and `0.10000000000000001` are kept, as both are what programs print for one double.
 */
export function isExactNumber(text: string): boolean {
  const parts = decimal.exec(text);
  if (parts === null) return false;
  const [, whole = "", fraction = "", exponent] = parts;
  if (whole === "" && fraction === "") return false;
  if (text.length <= maxPlainLength && exponent === undefined) return true;
  const number = Math.abs(Number(text));
  if (!Number.isFinite(number)) return false;
  if (exponent === undefined && number > Number.MAX_SAFE_INTEGER) return false;
  const sent = normalForm(whole, fraction, exponent);
  // Cheap and usual: the number was printed as JavaScript prints it.
  if (sameDigits(sent, String(number))) return true;
  const { length } = sent.digits;
  return length > 0 && length <= maxPrecision && sameDigits(sent, number.toPrecision(length));
}

/** The digits of a number without zeros around them, and its exponent: `0.digits × 10^exponent`. */
interface NormalForm {
  readonly digits: string;
  readonly exponent: number;
}

function normalForm(whole: string, fraction: string, exponent = "0"): NormalForm {
  const all = whole + fraction;
  let begin = 0;
  let end = all.length;
  while (begin < end && all.charCodeAt(begin) === zero) begin += 1;
  while (end > begin && all.charCodeAt(end - 1) === zero) end -= 1;
  if (begin === end) return { digits: "", exponent: 0 };
  return { digits: all.slice(begin, end), exponent: whole.length - begin + Number(exponent) };
}

function sameDigits(sent: NormalForm, printed: string): boolean {
  const [, whole, fraction, exponent] = decimal.exec(printed) ?? [];
  const form = normalForm(whole ?? "", fraction ?? "", exponent);
  return form.digits === sent.digits && form.exponent === sent.exponent;
}
