/** Whether a field such as `Accept` names this of itself; `br;q=0` refuses it (RFC 9110 sections 12.4.2, 12.5). Case tells nothing apart. */
export function accepts(field: string | undefined, wanted: string): boolean {
  return (field ?? '').split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    return name === wanted && !parameters.some((one) => /^q=\s*0(?:\.0*)?$/.test(one));
  });
}
