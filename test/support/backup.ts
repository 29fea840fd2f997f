/** A logical backup of a test database, and its restoration into another one: what a pg_dump of then brings back. */
import pg from 'pg';

type Table = { readonly name: string; readonly rows: string };
export type Backup = readonly Table[];

/** Every table of the schema in one snapshot. */
export function backUp(ownerUrl: string): Promise<Backup> {
  return connected(ownerUrl, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const backup: Table[] = [];
    for (const name of await tables(client)) {
      const { rows } = await client.query<{ rows: string }>(
        `select coalesce(json_agg(t), '[]')::text as rows from ${name} t`,
      );
      backup.push({ name, rows: rows[0]?.rows ?? '[]' });
    }
    await client.query('commit');
    return backup;
  });
}

/** @param ownerUrl - of a migrated, empty database. */
export function restore(backup: Backup, ownerUrl: string): Promise<void> {
  return connected(ownerUrl, async (client) => {
    // Constraints held where the rows come from; triggers would refuse what is not of this transaction.
    await client.query('set session_replication_role = replica');
    for (const { name, rows } of backup) {
      const columns = await ownColumns(client, name);
      await client.query(
        `insert into ${name} (${columns}) overriding system value
         select ${columns} from json_populate_recordset(null::${name}, $1)`,
        [rows],
      );
    }
    for (const name of ['log_outbox', 'outbox', 'alarms']) {
      await client.query(
        `select setval(pg_get_serial_sequence('${name}', 'id'), (select coalesce(max(id), 0) + 1 from ${name}), false)`,
      );
    }
  });
}

async function tables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations' order by tablename`,
  );
  return rows.map(({ tablename }) => tablename);
}

/** Those the database does not compute. */
async function ownColumns(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return rows[0]?.columns ?? '';
}

async function connected<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
