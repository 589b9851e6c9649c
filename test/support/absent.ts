/** Something that tests need and this machine lacks. */
export interface Absence {
  /** What is not tested then. */
  what: string;
  reason: string;
  /** What to type to have it. */
  help?: string;
  /** The environment variable that makes the absence a failure where it is 1, as CI has it. */
  required?: string;
}

/** Throws where something is absent that must be there. */
export function refuseAbsent(absences: readonly Absence[]): void {
  const refused = absences.filter(({ required }) => required && process.env[required] === '1');
  if (refused.length > 0)
    throw new Error(refused.map(({ required, reason }) => `${required} is 1, but: ${reason}`).join('\n'));
}

/** A reporter that says at the end of the run what was not tested, so that a green run hides nothing. */
export const sayAbsent = (absences: readonly Absence[]) => ({
  onTestRunEnd() {
    for (const { what, reason, help } of absences)
      console.log(`skipped: ${what} (${reason})${help ? `; ${help}` : ''}`);
  },
});
