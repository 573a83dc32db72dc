import { element, setText } from './dom';

/** How a column is set. */
export interface ColumnSpec {
  readonly title: string;
  readonly kind: 'code' | 'text' | 'number';
}

/** A table whose rows change, and whose cells stay: what somebody selects or reads is not taken away. */
export class Table {
  readonly element: HTMLElement;
  readonly #columns: readonly ColumnSpec[];
  readonly #body = element('tbody');
  readonly #empty: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #note = element('small', 'quiet');

  /** @param empty what to say instead of a table without rows */
  constructor(title: string, columns: readonly ColumnSpec[], empty: string) {
    this.#columns = columns;
    const heads = columns.map(({ title, kind }) => {
      const head = element('th', kind, title);
      head.scope = 'col';
      return head;
    });
    const heading = element('h3', '', title, ' ', this.#note);
    const table = element('table', '', element('thead', '', element('tr', '', ...heads)), this.#body);
    table.setAttribute('aria-label', title);
    this.#frame = element('div', 'scroll', table);
    this.#frame.tabIndex = 0;
    this.#frame.setAttribute('role', 'region');
    this.#frame.setAttribute('aria-label', title);
    this.#empty = element('p', 'empty', empty);
    this.element = element('article', 'card', heading, this.#frame, this.#empty);
    this.update([]);
  }

  /** Gives a column another title. */
  retitle(column: number, title: string): void {
    setText(this.#frame.querySelectorAll('th')[column]!, title);
  }

  /** @param note stands beside the heading; `empty` instead of what else is said without rows */
  update(rows: readonly (readonly string[])[], { note = '', empty }: { note?: string; empty?: string } = {}): void {
    const body = this.#body;
    while (body.rows.length > rows.length) body.deleteRow(-1);
    for (const [index, cells] of rows.entries()) {
      const row = body.rows[index] ?? this.#addRow();
      for (const [column, cell] of cells.entries()) setText(row.cells[column]!, cell);
    }
    setText(this.#note, note);
    if (empty !== undefined) setText(this.#empty, empty);
    this.#frame.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
  }

  #addRow(): HTMLTableRowElement {
    const row = this.#body.insertRow();
    for (const { kind } of this.#columns) row.insertCell().className = kind;
    return row;
  }
}
