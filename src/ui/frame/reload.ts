/** While the dashboard is being worked on: loads the page again when it was built again. */

const EVERY_MS = 700;

export function reloadOnChange(): void {
  let known: string | null = null;
  setInterval(async () => {
    const response = await fetch('/ui/', { method: 'HEAD' }).catch(() => undefined);
    const tag = response?.headers.get('etag') ?? null;
    if (known !== null && tag !== null && tag !== known) location.reload();
    known = tag ?? known;
  }, EVERY_MS);
}
