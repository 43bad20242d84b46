import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStream;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Lexer;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.TokenStream;
import org.antlr.v4.runtime.tree.ParseTree;

/**
 * Parses queries with Elasticsearch's own grammars. Standard input: for each `esql` or `kql`, a NUL, its text, a NUL. Standard output, for
 * each: a line `query`, then lines `error …`, `name …` (of a field or column), `function …`.
 */
public class Parse {
    public static void main(String[] arguments) throws Exception {
        String[] input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\0");
        for (int i = 0; i + 1 < input.length; i += 2) {
            System.out.println("query");
            if (input[i].equals("esql")) tell("esql.parser.EsqlBase", "statements", input[i + 1]);
            else tell("kql.parser.KqlBase", "topLevelQuery", input[i + 1]);
        }
    }

    /** By reflection: what ANTLR made of KQL is not public. */
    static void tell(String name, String rule, String text) throws Exception {
        Lexer lexer = (Lexer) make(name + "Lexer", CharStream.class, CharStreams.fromString(text));
        listen(lexer);
        Parser parser = (Parser) make(name + "Parser", TokenStream.class, new CommonTokenStream(lexer));
        listen(parser);
        Method method = parser.getClass().getMethod(rule);
        method.setAccessible(true);
        tell((ParseTree) method.invoke(parser), parser);
    }

    static Object make(String name, Class<?> type, Object argument) throws Exception {
        Constructor<?> constructor = Class.forName("org.elasticsearch.xpack." + name).getDeclaredConstructor(type);
        constructor.setAccessible(true);
        return constructor.newInstance(argument);
    }

    static void listen(Recognizer<?, ?> recognizer) {
        recognizer.removeErrorListeners();
        recognizer.addErrorListener(new Complaints());
    }

    static void tell(ParseTree tree, Parser parser) {
        if (tree instanceof ParserRuleContext context) {
            switch (parser.getRuleNames()[context.getRuleIndex()]) {
                case "qualifiedName", "fieldName" -> System.out.println("name " + context.getText());
                case "functionName" -> System.out.println("function " + context.getText());
                default -> {}
            }
        }
        for (int i = 0; i < tree.getChildCount(); i++) tell(tree.getChild(i), parser);
    }

    static class Complaints extends BaseErrorListener {
        @Override
        public void syntaxError(Recognizer<?, ?> recognizer, Object symbol, int line, int at, String why, RecognitionException e) {
            System.out.println("error " + line + ":" + at + " " + why);
        }
    }
}
