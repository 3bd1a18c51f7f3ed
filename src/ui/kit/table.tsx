/** Rows of things. A row is opened by the link in its first cell. */

import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => ComponentChildren;
  /** `end` for numbers and buttons; `narrow` columns are left out where there is no room. */
  readonly kind?: 'end' | 'wide' | 'narrow';
}

interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string;
  readonly dim?: (row: T) => boolean;
  /** Nothing in it takes the focus, so that the table does, and the arrows move it where it is wider than the screen. */
  readonly isPlain?: boolean;
}

export function Table<T>({ label, rows, columns, rowKey, dim, isPlain = false }: TableProps<T>) {
  return (
    <div class="table-frame" {...(isPlain && { tabIndex: 0, role: 'group', 'aria-label': label })}>
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ head, kind }) => (
              <th key={head} scope="col" data-kind={kind}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-dim={dim?.(row)}>
              {columns.map(({ head, cell, kind }) => (
                <td key={head} data-kind={kind} data-head={head}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What opens a row, by click, Enter or the keys j and k. */
export function RowLink({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} data-row>
      {children}
    </a>
  );
}
