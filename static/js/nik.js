// What does a NIK tell while it is typed? Birth date and sex go into their fields, as long as nobody typed them.

const DATE = "tanggal_lahir";
const SEX = "jenis_kelamin";

for (const form of document.querySelectorAll("[data-nik-fills]")) attach(form);

function attach(form) {
  const { nik } = form.elements;
  for (const name of [DATE, SEX]) form.elements[name].addEventListener("input", ({ target }) => delete target.dataset.told);
  nik.addEventListener("input", () => fill(form, told(nik.value)));
  const faulty = form.querySelector("[aria-invalid]");
  (faulty ?? nik).focus();
}

function fill(form, found) {
  put(form.elements[DATE], found?.date);
  put(form.elements[SEX], found?.sex);
}

// A value of our own goes with the NIK it came from; a typed one stays.
function put(field, value) {
  if (field.value && !field.dataset.told) return;
  field.value = value ?? "";
  if (value) field.dataset.told = "nik";
  else delete field.dataset.told;
}

function told(text) {
  const digits = text.replace(/[\s.'`]/g, "");
  if (!/^[1-9]\d{15}$/.test(digits)) return null;
  const stated = Number(digits.slice(6, 8));
  const day = stated > 40 ? stated - 40 : stated;
  const month = Number(digits.slice(8, 10));
  const today = new Date();
  const year = century(Number(digits.slice(10, 12)), today.getFullYear());
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1) return null;
  return { date: [pad(day), pad(month), year].join("/"), sex: stated > 40 ? "P" : "L" };
}

function century(short, now) {
  return 2000 + short <= now ? 2000 + short : 1900 + short;
}

function pad(number) {
  return String(number).padStart(2, "0");
}
