/** The name of the workload behind a pod of a ReplicaSet: without the hash of its template and its own letters. */
export const workloadOf = (pod: string): string => pod.replace(/-[a-z0-9]+-[a-z0-9]{5}$/, '');
