/** A binary heap of numbers by their cost, the cheapest first. */
export class Heap {
  #items = [];
  #costs = [];

  get size() {
    return this.#items.length;
  }

  push(item, cost) {
    const [items, costs] = [this.#items, this.#costs];
    let place = items.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (costs[above] <= cost) break;
      items[place] = items[above];
      costs[place] = costs[above];
      place = above;
    }
    items[place] = item;
    costs[place] = cost;
  }

  pop() {
    const [items, costs] = [this.#items, this.#costs];
    const first = items[0];
    const [item, cost] = [items.pop(), costs.pop()];
    const size = items.length;
    if (size === 0) return first;
    let place = 0;
    for (let below = 1; below < size; below = 2 * place + 1) {
      if (below + 1 < size && costs[below + 1] < costs[below]) below++;
      if (costs[below] >= cost) break;
      items[place] = items[below];
      costs[place] = costs[below];
      place = below;
    }
    items[place] = item;
    costs[place] = cost;
    return first;
  }
}
