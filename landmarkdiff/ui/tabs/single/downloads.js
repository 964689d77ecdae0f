/** Files of the first tab, made when they are asked for. */

import { t } from "../../page.js";
import { save } from "../../session.js";
import { Work } from "../../work.js";

export class Downloads {
  /**
   * @param element with the names for the report, and a button for each file
   * @param notify(sentence, wrong)
   * @param upToDate() resolves to whether the server's files would show the present plan
   */
  constructor(element, notify, upToDate) {
    this.element = element;
    this.notify = notify;
    this.upToDate = upToDate;
    this.work = new Work(() => {}, notify);
    element.addEventListener("click", (event) => {
      const { file } = event.target.closest("button")?.dataset ?? {};
      if (file) this.fetch(file);
    });
  }

  /** Make a file and save it; false where it could not be made. */
  async fetch(file, more = {}) {
    if (!(await this.upToDate())) return false;
    const fields = ["patient", "surgeon"].map((name) =>
      this.element.querySelector(`[name=${name}]`),
    );
    const [patient, surgeon] = fields.map((field) => field.value);
    const made = await this.work.run((ask) =>
      ask("single/download", { file, patient, surgeon, ...more }),
    );
    if (!made) return false;
    // The report has the patient's name; nothing else needs it any longer.
    if (file === "report") fields[0].value = "";
    await save(made);
    this.notify(t("download.ready", { file: made.filename }));
    return true;
  }
}
