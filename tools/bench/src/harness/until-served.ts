/**
 * Repeats a GET request until the gateway has discovered the service that answers it.
 * @throws if the answer is neither 200 nor what a gateway answers before (404, 503)
 */
export async function untilServed(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(url);
    const text = await response.text();
    if (response.status === 200) return;
    if (response.status !== 404 && response.status !== 503) throw new Error(text);
  }
}
