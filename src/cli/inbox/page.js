const list = document.getElementById("list"), state = document.getElementById("state"), note = state.textContent;
setInterval(async () => {
  try {
    const answer = await fetch("/arrivals?after=" + list.dataset.seen);
    if (answer.headers.get("x-seen") !== list.dataset.seen) {
      list.dataset.seen = answer.headers.get("x-seen");
      list.insertAdjacentHTML("afterbegin", await answer.text());
      while (list.children.length > list.dataset.most) list.lastElementChild.remove();
    }
    state.textContent = note;
  } catch {
    state.textContent = "The inbox has ended; this is what it had.";
  }
}, 1000);
