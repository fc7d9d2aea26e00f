/** `interactive` serves requests; `test` has the same shape with seconds instead of minutes, so that dead workers' tasks move on quickly. */
export const policyNames = ['interactive', 'test'] as const;
export type PolicyName = (typeof policyNames)[number];
