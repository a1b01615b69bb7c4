import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

import com.helger.diagnostics.error.IError;
import com.helger.io.resource.FileSystemResource;
import com.helger.phive.api.execute.ValidationExecutionManager;
import com.helger.phive.api.executorset.IValidationExecutorSet;
import com.helger.phive.api.executorset.ValidationExecutorSetRegistry;
import com.helger.phive.api.result.ValidationResultList;
import com.helger.phive.api.validity.IValidityDeterminator;
import com.helger.phive.peppol.PeppolValidation2026_05;
import com.helger.phive.xml.source.IValidationSourceXML;
import com.helger.phive.xml.source.ValidationSourceXML;

/**
 * Asks the validators of others about files.
 *
 * <p>Reads one task per line, {@code 3a FILE}, {@code ua1 FILE} or {@code t01 FILE}, and answers each
 * with one line: the task, the number of different rules that failed, and those rules with a message,
 * all separated by tabs. A file that cannot be read at all fails the rule {@code unreadable}.
 */
public final class Judge {
    private Judge() {
    }

    public static void main(String[] arguments) throws Exception {
        // Validators write to the standard output, too; ours is kept apart.
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        VeraGreenfieldFoundryProvider.initialise();
        IValidationExecutorSet<IValidationSourceXML> orders = null;
        BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String task = tasks.readLine(); task != null; task = tasks.readLine()) {
            String[] parts = task.split(" ", 2);
            Set<String> failed;
            if (parts[0].equals("t01")) {
                if (orders == null) {
                    orders = rulesOfOrders();
                }
                failed = order(orders, new File(parts[1]));
            } else {
                failed = pdf(PDFAFlavour.byFlavourId(parts[0]), new File(parts[1]));
            }
            out.println(task + "\t" + failed.size() + "\t" + String.join("\t", failed));
        }
    }

    private static Set<String> pdf(PDFAFlavour flavour, File file) {
        Set<String> failed = new TreeSet<>();
        try (InputStream bytes = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(bytes, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            for (TestAssertion check : result.getTestAssertions()) {
                if (check.getStatus() == TestAssertion.Status.FAILED) {
                    failed.add(check.getRuleId().getClause() + "-" + check.getRuleId().getTestNumber() + " "
                            + line(check.getMessage()));
                }
            }
            if (failed.isEmpty() && (!result.isCompliant() || result.getTotalAssertions() == 0)) {
                failed.add("unreadable nothing was checked");
            }
        } catch (Exception error) {
            failed.add("unreadable " + line(String.valueOf(error)));
        }
        return failed;
    }

    private static IValidationExecutorSet<IValidationSourceXML> rulesOfOrders() {
        ValidationExecutorSetRegistry<IValidationSourceXML> registry = new ValidationExecutorSetRegistry<>();
        PeppolValidation2026_05.init(registry);
        return registry.getOfID(PeppolValidation2026_05.VID_OPENPEPPOL_ORDER_V3);
    }

    private static Set<String> order(IValidationExecutorSet<IValidationSourceXML> rules, File file) {
        Set<String> failed = new TreeSet<>();
        try {
            ValidationResultList results = ValidationExecutionManager.executeValidation(
                    IValidityDeterminator.createDefault(), rules, ValidationSourceXML.create(new FileSystemResource(file)));
            for (IError error : results.getAllErrors()) {
                String rule = error.getErrorID() == null ? "schema" : error.getErrorID();
                failed.add(rule + " " + line(error.getErrorText(Locale.ENGLISH)));
            }
            if (failed.isEmpty() && !results.getOverallValidity().isValid()) {
                failed.add("unreadable nothing was checked");
            }
        } catch (Exception error) {
            failed.add("unreadable " + line(String.valueOf(error)));
        }
        return failed;
    }

    private static String line(String text) {
        String joined = text == null ? "" : text.replaceAll("\\s+", " ");
        return joined.length() > 200 ? joined.substring(0, 200) : joined;
    }
}
