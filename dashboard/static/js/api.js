// Requests to the API. A new request aborts a pending one of the same name.

const pending = new Map();

export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// Returns the answer, or null if a newer request replaced this one. Throws Refused with a message for the visitor.
export async function ask(name, path) {
  pending.get(name)?.abort();
  const controller = new AbortController();
  pending.set(name, controller);
  let answer;
  try {
    answer = await fetch(path, { signal: controller.signal, headers: { accept: "application/json" } });
    if (!answer.ok) throw new Refused(await reason(answer), answer.status);
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") return null;
    if (error instanceof Refused) throw error;
    throw new Refused("The server cannot be reached. Check your connection and try again.", 0);
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
    return detail.map(({ loc, msg }) => `${loc.slice(1).join(".") || "filters"}: ${msg.replace("Value error, ", "")}`).join("; ");
  } catch {
    return `The server reported an error (status ${answer.status}).`;
  }
}
