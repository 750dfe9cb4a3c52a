/** How the value of a header, a cookie or a query parameter is compared. Regular expressions match the whole value. */
export type ValueMatch = { readonly op: 'exact' | 'prefix' | 'regex'; readonly value: string };

/** One condition on a request. */
export type Condition = { readonly on: 'header' | 'cookie' | 'query'; readonly name: string } & ValueMatch;

/** A request of which every condition holds. */
export type RequestMatch = readonly Condition[];
