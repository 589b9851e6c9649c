/** Why something could not be loaded, in one line. An error of Node's permission model gets the flags that help. */
export function reasonOf(error: unknown): string {
  const { message, code, permission, resource } = (error ?? {}) as Error & Refusal;
  const line = String(message ?? error)
    .trim()
    .replace(/\s*\n\s*/g, ', ');
  if (code !== 'ERR_ACCESS_DENIED' && code !== 'ERR_DLOPEN_DISABLED') return line;
  const what = [permission, resource].filter(Boolean).join(' of ');
  return `${line.replace(/\.$/, '')}${what && ` (${what})`}: Node's permission model needs --allow-addons and --allow-fs-read`;
}

interface Refusal {
  code?: string;
  permission?: string;
  resource?: string;
}
