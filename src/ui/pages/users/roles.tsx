/** What a person may do: a role in the platform, or one in each of its tenants. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Choice, Form, type Values } from '../../kit/form.tsx';
import { Loaded } from '../../kit/states.tsx';
import { say } from '../../kit/toast.tsx';

type User = Calls['GET /v1/users']['answer']['items'][number];
type Change = Calls['PATCH /v1/users/{id}']['body'];
type PlatformRole = NonNullable<Change['role']>;
type Membership = NonNullable<Change['tenants']>[number];

const MEMBER = 'member';
const platform: readonly (readonly [PlatformRole | typeof MEMBER, string])[] = [
  ['owner', 'owner: everything, also owners'],
  ['operator', 'operator: everything but owners'],
  ['viewer', 'viewer: reads everything, changes nothing'],
  [MEMBER, 'member of tenants alone'],
];
const inTenant: readonly (readonly [Membership['role'] | '', string])[] = [
  ['', 'no member'],
  ['viewer', 'viewer'],
  ['sender', 'sender'],
  ['admin', 'admin'],
];
const TENANT = 'tenant ';

export function UserRoles({ user, onDone }: { user: User; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const { id, email } = user;
  const submit = async (values: Values) => {
    const { role, tenants } = rolesOf(values);
    await call('PATCH /v1/users/{id}', { params: { id }, body: { role: role ?? null, tenants } });
    setOpen(false);
    say(`${email} has other rights, and signs in anew`);
    onDone();
  };
  return (
    <>
      <button type="button" class="link" data-row onClick={() => setOpen(true)}>
        {email}
      </button>
      <Dialog title={email} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Save" onSubmit={submit}>
          {() => <RoleFields of={user} />}
        </Form>
      </Dialog>
    </>
  );
}

interface Rights {
  readonly role: PlatformRole | null;
  readonly tenants: readonly Membership[];
}

/** `of`: what is chosen at first. */
export function RoleFields({ of: { role, tenants } }: { of: Rights }) {
  const [chosen, setChosen] = useState<string>(role ?? MEMBER);
  return (
    <>
      <Choice label="Role" name="role" value={chosen} options={platform} onChange={setChosen} />
      {chosen === MEMBER && <TenantRoles tenants={tenants} />}
    </>
  );
}

function TenantRoles({ tenants }: Pick<Rights, 'tenants'>) {
  const all = useData('GET /v1/admin/tenants', {});
  const roleIn = (slug: string) => tenants.find((one) => one.tenant === slug)?.role ?? '';
  return (
    <Loaded of={all}>
      {({ items }) => (
        <fieldset class="two tenant-roles">
          <legend>In tenants</legend>
          {items.map(({ slug }) => (
            <Choice key={slug} label={slug} name={`${TENANT}${slug}`} value={roleIn(slug)} options={inTenant} />
          ))}
        </fieldset>
      )}
    </Loaded>
  );
}

/** Of the fields of a form. */
export function rolesOf(values: Values): { readonly role?: PlatformRole; readonly tenants: Membership[] } {
  const role = platform.find(([one]) => one === values.role)?.[0];
  if (role !== undefined && role !== MEMBER) return { role, tenants: [] };
  const tenants = Object.entries(values).flatMap(([name, value]) => {
    const known = inTenant.find(([one]) => one === value)?.[0];
    return name.startsWith(TENANT) && known ? [{ tenant: name.slice(TENANT.length), role: known }] : [];
  });
  return { tenants };
}
