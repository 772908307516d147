// The translators of this build.

import english from "qiaomen:messages.en";
import { makeTranslator } from "../i18n.js";

const TRANSLATORS = { zh_Hans: makeTranslator(), en: makeTranslator(english) };

/** The translator of a language; Chinese where it is not known. */
export const translatorOf = (language) => TRANSLATORS[language] ?? TRANSLATORS.zh_Hans;
