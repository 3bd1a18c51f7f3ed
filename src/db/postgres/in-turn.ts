/** Lists whose entries ask the database: one after another, for a connection answers one statement at a time. */

type Ask<T, R> = (entry: T, index: number) => R | Promise<R>;

export async function mapInTurn<T, R>(list: Iterable<T>, ask: Ask<T, R>): Promise<R[]> {
  const answers: R[] = [];
  for (const entry of list) answers.push(await ask(entry, answers.length));
  return answers;
}

export async function flatMapInTurn<T, R>(list: Iterable<T>, ask: Ask<T, R | readonly R[]>): Promise<R[]> {
  return (await mapInTurn(list, ask)).flat() as R[];
}

export async function filterInTurn<T>(list: readonly T[], ask: Ask<T, boolean>): Promise<T[]> {
  const kept = await mapInTurn(list, ask);
  return list.filter((_, index) => kept[index]);
}

export async function someInTurn<T>(list: Iterable<T>, ask: Ask<T, boolean>): Promise<boolean> {
  let index = 0;
  for (const entry of list) if (await ask(entry, index++)) return true;
  return false;
}

export async function everyInTurn<T>(list: Iterable<T>, ask: Ask<T, boolean>): Promise<boolean> {
  return !(await someInTurn(list, async (entry, index) => !(await ask(entry, index))));
}

export async function findInTurn<T>(list: Iterable<T>, ask: Ask<T, boolean>): Promise<T | undefined> {
  let index = 0;
  for (const entry of list) if (await ask(entry, index++)) return entry;
  return undefined;
}

export async function sumInTurn<T>(list: Iterable<T>, ask: Ask<T, number>): Promise<number> {
  return (await mapInTurn(list, ask)).reduce((sum, one) => sum + one, 0);
}
