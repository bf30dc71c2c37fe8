import { isUtf8 } from "node:buffer";
import { TextDecoder } from "node:util";
import { TidegateError } from "@tidegate/core-registry";

/**
 * What decodes text of a charset; without one UTF-8.
 * @throws `MEDIA_TYPE_UNSUPPORTED` where the charset is not known; what is returned throws `BODY_MALFORMED`
 */
export function decodeText(charset: string | undefined): (bytes: Buffer) => string {
  if (charset === undefined || /^utf-?8$/i.test(charset)) return decodeUtf8;
  const decoder = decoderOf(charset);
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new TidegateError("BODY_MALFORMED", `The body is not in the charset ${charset}.`, { cause });
    }
  };
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TidegateError("BODY_MALFORMED", "The body is not in UTF-8.");
  const text = bytes.toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw new TidegateError("MEDIA_TYPE_UNSUPPORTED", `The charset '${charset.slice(0, 40)}' is not known.`, {
      cause,
    });
  }
}
