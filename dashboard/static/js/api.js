// Requests to the API. A new request aborts a pending one of the same name.

const underWay = new Map();

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// Returns the answer, or null if a newer request replaced this one. Throws Refused with a message for the visitor.
export async function ask(name, path) {
  underWay.get(name)?.abort();
  const asking = new AbortController();
  underWay.set(name, asking);
  let answer;
  try {
    answer = await fetch(path, { signal: asking.signal, headers: { accept: "application/json" } });
    if (!answer.ok) throw new Refused(await reason(answer), answer.status);
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return null;
    if (error instanceof Refused) throw error;
    throw new Refused("The server cannot be reached.", 0);
  }
}

async function reason(answer) {
  if (answer.status === 401) {
    location.assign("/login");
    return "Please sign in.";
  }
  try {
    const { detail } = await answer.json();
    if (typeof detail === "string") return detail;
    return detail.map(({ loc, msg }) => `${loc.slice(1).join(".") || "request"}: ${msg}`).join("; ");
  } catch {
    return `The server answered with an error (${answer.status}).`;
  }
}
