package org.scijava.plugin;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Plugin {
	Class<? extends SciJavaPlugin> type();

	String label() default "";

	String description() default "";

	String menuPath() default "";

	boolean headless() default false;
}
